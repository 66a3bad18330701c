namespace PgHa.Formats.Wal;

/// <summary>The fork of a relation (ForkNumber, common/relpath.h).</summary>
public enum ForkName
{
    /// <summary>The data itself.</summary>
    Main,

    /// <summary>The free space map.</summary>
    Fsm,

    /// <summary>The visibility map.</summary>
    Vm,

    /// <summary>The empty image of an unlogged relation.</summary>
    Init,
}
