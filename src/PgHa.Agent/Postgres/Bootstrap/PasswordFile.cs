using System.Text;

namespace PgHa.Agent.Postgres;

/// <summary>libpq's password file: lines <c>host:port:database:user:password</c>, <c>*</c> for any, <c>\</c> before a colon that is meant. Pure.</summary>
internal static class PasswordFile
{
    /// <summary>The password of a role on a server; null if no line fits. The database does not matter: a role has one password.</summary>
    internal static string? Find(IEnumerable<string> lines, string host, int port, string user) =>
        lines.Where(l => !l.StartsWith('#')).Select(Fields)
            .FirstOrDefault(f => f.Count == 5 && Fits(f[0], host) && Fits(f[1], port.ToString(System.Globalization.CultureInfo.InvariantCulture)) && Fits(f[3], user))?[4];

    private static bool Fits(string field, string value) => field == "*" || field == value;

    private static List<string> Fields(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\' && i + 1 < line.Length)
                field.Append(line[++i]);
            else if (line[i] == ':' && fields.Count < 4)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
                field.Append(line[i]);
        }
        return [.. fields, field.ToString()];
    }
}
