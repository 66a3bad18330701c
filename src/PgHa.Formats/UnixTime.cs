namespace PgHa.Formats;

/// <summary>PostgreSQL's two clocks as points in time; values no calendar holds become the nearest one it does.</summary>
internal static class UnixTime
{
    // 2000-01-01, where TimestampTz begins, in microseconds since 1970.
    private const long PostgresEpoch = 946_684_800_000_000;

    /// <summary>pg_time_t: seconds since 1970.</summary>
    public static DateTimeOffset FromSeconds(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(
        seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()));

    /// <summary>TimestampTz (datatype/timestamp.h): microseconds since 2000.</summary>
    public static DateTimeOffset FromTimestamp(long microseconds)
    {
        var least = (DateTimeOffset.MinValue - DateTimeOffset.UnixEpoch).Ticks / 10 - PostgresEpoch;
        var most = (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / 10 - PostgresEpoch;
        return DateTimeOffset.UnixEpoch.AddTicks((Math.Clamp(microseconds, least, most) + PostgresEpoch) * 10);
    }
}
