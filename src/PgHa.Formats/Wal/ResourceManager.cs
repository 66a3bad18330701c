using System.Globalization;

namespace PgHa.Formats.Wal;

/// <summary>The names of resource managers as pg_waldump prints them (access/rmgrlist.h), the same from 13 to 18.</summary>
public static class ResourceManager
{
    /// <summary>How many there are in PostgreSQL itself; their numbers begin at zero.</summary>
    public const int BuiltIn = 22;

    private static readonly string[] Names =
    [
        "XLOG", "Transaction", "Storage", "CLOG", "Database", "Tablespace", "MultiXact", "RelMap", "Standby", "Heap2", "Heap",
        "Btree", "Hash", "Gin", "Gist", "Sequence", "SPGist", "BRIN", "CommitTs", "ReplicationOrigin", "Generic", "LogicalMessage",
    ];

    /// <summary>The name of a number; extensions' own managers (128 to 255, from PostgreSQL 15 on) are "custom128" and so on.</summary>
    public static string NameOf(byte rmgr) =>
        rmgr < Names.Length ? Names[rmgr] : string.Create(CultureInfo.InvariantCulture, $"custom{rmgr:D3}");
}
