namespace PgHa.Agent.Leadership;

/// <summary>
/// What stands under a key of etcd, as a swap replaces it. The revision does not tell alone: another etcd in the place of this one counts from 1 again, and a swap that is long on its way may
/// reach that one. The text does, because no two records are written alike.
/// </summary>
/// <param name="Revision">The revision that wrote it; 0: nothing stands there.</param>
/// <param name="Text">What stands there; null: nothing does, or it is not compared.</param>
public readonly record struct Standing(long Revision, string? Text);
