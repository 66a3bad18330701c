using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Inspect;

/// <summary><c>pgha inspect control</c>.</summary>
internal static class ControlInspection
{
    private const int Attempts = 5;

    internal static void Inspect(string path, Report report)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, "global", "pg_control") : path;
        var read = Read(file);
        if (read.IsOk)
            Field.Show(file, ControlFields.Of(read.Value), report);
        else
            report.Fail(read.Error, "give a data directory or its global/pg_control; if that is what it is, the file is damaged or of another version");
    }

    // A server may be writing the file, and its checksum then does not fit: it is read again.
    private static Parsed<ControlFile> Read(string file)
    {
        for (var attempt = 1; ; attempt++)
        {
            var bytes = SmallFile.Read(file, "pg_control", ControlFile.FileSize);
            if (!bytes.IsOk)
                return bytes.Error;
            var control = ControlFile.Read(bytes.Value, file);
            if (control.IsOk || attempt == Attempts)
                return control;
            Thread.Yield();
        }
    }
}
