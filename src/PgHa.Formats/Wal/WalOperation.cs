using System.Globalization;

namespace PgHa.Formats.Wal;

/// <summary>
/// The names of the resource managers' operations as pg_waldump prints them (access/rmgrdesc/*desc.c). A name stands at
/// the place of its code, the high four bits of a record's info.
/// </summary>
public static class WalOperation
{
    private const int Transaction = 1, Database = 4, Heap2 = 9, Heap = 10, Brin = 17, Generic = 20;

    private static readonly string?[][] Names =
    [
        [
            "CHECKPOINT_SHUTDOWN", "CHECKPOINT_ONLINE", "NOOP", "NEXTOID", "SWITCH", "BACKUP_END", "PARAMETER_CHANGE", "RESTORE_POINT",
            "FPW_CHANGE", "END_OF_RECOVERY", "FPI_FOR_HINT", "FPI", null, "OVERWRITE_CONTRECORD", "CHECKPOINT_REDO",
        ],
        ["COMMIT", "PREPARE", "ABORT", "COMMIT_PREPARED", "ABORT_PREPARED", "ASSIGNMENT", "INVALIDATION"],
        [null, "CREATE", "TRUNCATE"],
        ["ZEROPAGE", "TRUNCATE"],
        ["CREATE_FILE_COPY", "CREATE_WAL_LOG", "DROP"],
        ["CREATE", "DROP"],
        ["ZERO_OFF_PAGE", "ZERO_MEM_PAGE", "CREATE_ID", "TRUNCATE_ID"],
        ["UPDATE"],
        ["LOCK", "RUNNING_XACTS", "INVALIDATIONS"],
        [
            "REWRITE", "PRUNE_ON_ACCESS", "PRUNE_VACUUM_SCAN", "PRUNE_VACUUM_CLEANUP", "VISIBLE", "MULTI_INSERT", "LOCK_UPDATED", "NEW_CID",
        ],
        ["INSERT", "DELETE", "UPDATE", "TRUNCATE", "HOT_UPDATE", "HEAP_CONFIRM", "LOCK", "INPLACE"],
        [
            "INSERT_LEAF", "INSERT_UPPER", "INSERT_META", "SPLIT_L", "SPLIT_R", "INSERT_POST", "DEDUP", "DELETE", "UNLINK_PAGE",
            "UNLINK_PAGE_META", "NEWROOT", "MARK_PAGE_HALFDEAD", "VACUUM", "REUSE_PAGE", "META_CLEANUP",
        ],
        [
            "INIT_META_PAGE", "INIT_BITMAP_PAGE", "INSERT", "ADD_OVFL_PAGE", "SPLIT_ALLOCATE_PAGE", "SPLIT_PAGE", "SPLIT_COMPLETE",
            "MOVE_PAGE_CONTENTS", "SQUEEZE_PAGE", "DELETE", "SPLIT_CLEANUP", "UPDATE_META_PAGE", "VACUUM_ONE_PAGE",
        ],
        [
            null, "CREATE_PTREE", "INSERT", "SPLIT", "VACUUM_PAGE", "DELETE_PAGE", "UPDATE_META_PAGE", "INSERT_LISTPAGE", "DELETE_LISTPAGE",
            "VACUUM_DATA_LEAF_PAGE",
        ],
        ["PAGE_UPDATE", "DELETE", "PAGE_REUSE", "PAGE_SPLIT", null, null, "PAGE_DELETE", "ASSIGN_LSN"],
        ["LOG"],
        [
            null, "ADD_LEAF", "MOVE_LEAFS", "ADD_NODE", "SPLIT_TUPLE", "PICKSPLIT", "VACUUM_LEAF", "VACUUM_ROOT", "VACUUM_REDIRECT",
        ],
        ["CREATE_INDEX", "INSERT", "UPDATE", "SAMEPAGE_UPDATE", "REVMAP_EXTEND", "DESUMMARIZE"],
        ["ZEROPAGE", "TRUNCATE", "SETTS"],
        ["SET", "DROP"],
        ["Generic"],
        ["MESSAGE"],
    ];

    private static readonly string[] Database14 = ["CREATE", "DROP"];

    private static readonly string[] Heap2Of13 =
        ["REWRITE", "CLEAN", "FREEZE_PAGE", "CLEANUP_INFO", "VISIBLE", "MULTI_INSERT", "LOCK_UPDATED", "NEW_CID"];

    private static readonly string[] Heap2Of16 =
        ["REWRITE", "PRUNE", "VACUUM", "FREEZE_PAGE", "VISIBLE", "MULTI_INSERT", "LOCK_UPDATED", "NEW_CID"];

    /// <summary>The name of a record's operation; "UNKNOWN (30)" with the code in hexadecimal digits when there is none.</summary>
    /// <param name="rmgr">The resource manager.</param>
    /// <param name="info">The record's info.</param>
    /// <param name="major">The major version of PostgreSQL that wrote the record.</param>
    public static string NameOf(byte rmgr, byte info, int major)
    {
        // In these four the highest bit says more about the operation instead of being part of its code.
        var hasFlag = rmgr is Transaction or Heap2 or Heap or Brin;
        var code = (info & (hasFlag ? 0x70 : 0xF0)) >> 4;
        var names = NamesOf(rmgr, major);
        var name = code < names.Length ? names[code] : null;
        if (name is null)
            return string.Create(CultureInfo.InvariantCulture, $"UNKNOWN ({info & 0xF0:x})");
        return (info & 0x80) != 0 && hasFlag && rmgr != Transaction ? WithInit(rmgr, name, info) : name;
    }

    private static string?[] NamesOf(byte rmgr, int major) => (rmgr, major) switch
    {
        (Database, < 15) => Database14,
        (Heap2, < 14) => Heap2Of13,
        (Heap2, < 17) => Heap2Of16,
        ( > 21, _) => [],
        _ => Names[rmgr],
    };

    // The record begins a new page; only operations that put tuples onto one can.
    private static string WithInit(byte rmgr, string name, byte info) => name switch
    {
        "INSERT" => "INSERT+INIT",
        "UPDATE" => "UPDATE+INIT",
        "HOT_UPDATE" => "HOT_UPDATE+INIT",
        "MULTI_INSERT" => "MULTI_INSERT+INIT",
        _ => string.Create(CultureInfo.InvariantCulture, $"UNKNOWN ({info & 0xF0:x})"),
    };
}
