using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using PgHa.Client.Calls;
using PgHa.Client.Facts;

namespace PgHa.Agent.Tests.Client;

/// <summary>An agent that says what it is told to: it reads a request to its end, because bytes that are not read reset the connection, and answers with these bytes.</summary>
internal sealed class SpokenTo : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Func<string, string?> _answer;

    /// <summary>Null: the connection is reset.</summary>
    internal SpokenTo(Func<string, string?> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = ServeAsync();
    }

    internal List<string> Heard { get; } = [];

    internal Uri Address => new($"http://{_listener.LocalEndpoint}");

    internal AgentClient Client => new(new AgentPlace("n1", Address) { Token = () => "secret", Identity = new ClusterIdentity("d", "c", []), Time = TimeProvider.System });

    // Each connection is for one request, and says so: else the client may send the next one on a connection that is about to be closed.
    internal static string Json(string body, string status = "200 OK", string headers = "") =>
        $"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";

    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
        _ended.Dispose();
    }

    private static bool IsWhole(string heard)
    {
        if (heard.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end && end < 0)
            return false;
        var body = heard[(end + 4)..];
        return Regex.Match(heard[..end], @"(?i)^Content-Length: (\d+)", RegexOptions.Multiline) is { Success: true } length
            ? body.Length >= int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture)
            : !heard.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase) || body.EndsWith("0\r\n\r\n", StringComparison.Ordinal);
    }

    private async Task ServeAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            using var client = await _listener.AcceptSocketAsync(_ended.Token);
            var heard = new StringBuilder();
            var piece = new byte[4096];
            while (!IsWhole(heard.ToString()))
                heard.Append(Encoding.ASCII.GetString(piece, 0, await client.ReceiveAsync(piece, _ended.Token)));
            Heard.Add(heard.ToString());
            if (_answer(heard.ToString()) is { } answer)
                await client.SendAsync(Encoding.UTF8.GetBytes(answer), _ended.Token);
            client.LingerState = new(true, _answer(heard.ToString()) is null ? 0 : 1);
        }
    }
}
