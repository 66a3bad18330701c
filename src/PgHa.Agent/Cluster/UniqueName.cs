namespace PgHa.Agent.Cluster;

/// <summary>Makes a name that nothing else has: 32 hexadecimal digits. Chance in an agent, a count in a simulated one.</summary>
public delegate string UniqueName();
