using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using PgHa.Formats;
using Spectre.Console;

namespace PgHa.Inspect;

/// <summary>Where an inspection goes: what was found to standard output, what is wrong to standard error and into the exit code.</summary>
internal sealed class Report : IDisposable
{
    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Utf8JsonWriter _json;
    private bool _isFirst = true;

    internal Report(InvocationConfiguration invocation, bool isJson)
    {
        (_output, _error, IsJson) = (Buffered(invocation.Output), invocation.Error, isJson);
        // Quotes and signs stay readable: this is for terminals and programs, never for HTML.
        _json = new Utf8JsonWriter(_line, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    /// <summary>Whether programs shall read it.</summary>
    internal bool IsJson { get; }

    /// <summary>0, or 1 after a failure.</summary>
    internal int ExitCode { get; private set; }

    /// <summary>Says what is wrong; the inspection goes on with what is left.</summary>
    internal void Fail(FormatError error, string hint)
    {
        _output.Flush();
        _error.WriteLine($"error: {error}");
        _error.WriteLine($"  hint: {hint}");
        ExitCode = 1;
    }

    /// <summary>A line for people.</summary>
    internal void Line(string text) => _output.WriteLine(text);

    /// <summary>A heading for people, an empty line before it unless it is the first.</summary>
    internal void Heading(string text)
    {
        if (!_isFirst)
            _output.WriteLine();
        _isFirst = false;
        _output.WriteLine(text);
    }

    /// <summary>One JSON object on a line.</summary>
    internal void Json(Action<Utf8JsonWriter> members)
    {
        members(BeginJson());
        EndJson();
    }

    /// <summary>Begins a JSON object for who cannot leave its members to a function.</summary>
    internal Utf8JsonWriter BeginJson()
    {
        _json.WriteStartObject();
        return _json;
    }

    /// <summary>Ends the object and its line.</summary>
    internal void EndJson()
    {
        _json.WriteEndObject();
        _json.Flush();
        _output.WriteLine(Encoding.UTF8.GetString(_line.WrittenSpan));
        _line.ResetWrittenCount();
        _json.Reset();
    }

    /// <summary>A table for people. It is never folded: a terminal does that, and a pipe shall get whole lines.</summary>
    internal void Table(Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(_output),
        });
        console.Profile.Width = 1000;
        console.Write(table.Border(TableBorder.None).Collapse());
    }

    public void Dispose()
    {
        _output.Flush();
        _json.Dispose();
    }

    // The console writes each line at once, which is slow for millions. A reader that goes away early (head) ends the writing.
    private static TextWriter Buffered(TextWriter output)
    {
        if (!ReferenceEquals(output, Console.Out))
            return output;
        var file = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return new StreamWriter(file.CanSeek ? Console.OpenStandardOutput() : file, new UTF8Encoding(false), 1 << 16);
    }
}
