namespace PgHa.Formats.Wal;

/// <summary>The files of a relation (RelFileNode, since 16 RelFileLocator, storage/relfilelocator.h).</summary>
/// <param name="Tablespace">The tablespace's OID.</param>
/// <param name="Database">The database's OID; zero for shared relations.</param>
/// <param name="FileNumber">The number in the file's name.</param>
public readonly record struct RelationId(uint Tablespace, uint Database, uint FileNumber)
{
    /// <summary>As pg_waldump prints it: tablespace/database/file.</summary>
    public override string ToString() => $"{Tablespace}/{Database}/{FileNumber}";
}
