using PgHa.Agent.Files;
using System.Globalization;

namespace PgHa.Agent.Postgres;

/// <summary>The machine's memory, from /proc/meminfo.</summary>
internal static class MemorySize
{
    /// <summary>Bytes of memory and swap together, and bytes in huge pages; as good as endless where that cannot be read, or the kernel does not mind.</summary>
    internal static (long Ordinary, long Huge) Read()
    {
        try
        {
            var lines = SmallFile.Lines("/proc/meminfo").Select(l => l.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries))
                .Where(f => f.Length > 1).ToDictionary(f => f[0], f => long.Parse(f[1], CultureInfo.InvariantCulture));
            var always = SmallFile.Text("/proc/sys/vm/overcommit_memory").Trim() == "1";
            return (always ? long.MaxValue : (lines["MemTotal"] + lines["SwapTotal"]) << 10, (lines["HugePages_Total"] * lines["Hugepagesize"]) << 10);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or KeyNotFoundException)
        {
            return (long.MaxValue, long.MaxValue);
        }
    }
}
