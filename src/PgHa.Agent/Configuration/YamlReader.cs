using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PgHa.Agent.Configuration;

/// <summary>Turns YAML text into values by key. Works on parser events: no reflection, and every line number is at hand.</summary>
internal sealed class YamlReader
{
    private static readonly Complaint Empty =
        new("the file is empty", "start from pgha.example.yml: cluster, node, listen, nodes and postgres.data_dir are required");

    private readonly RawConfiguration raw;
    private readonly Parser parser;

    private YamlReader(RawConfiguration raw, string text)
    {
        this.raw = raw;
        parser = new Parser(new StringReader(text));
    }

    public static RawConfiguration Read(string text, string fileName)
    {
        var raw = new RawConfiguration(fileName);
        ReportTabs(raw, text);
        if (raw.IsBroken)
            return raw;
        try
        {
            new YamlReader(raw, text).ReadFile();
        }
        catch (YamlException failure)
        {
            raw.ReportBroken(YamlComplaints.Syntax(failure), failure.Start.Line);
        }
        catch (InvalidOperationException)
        {
            // The scanner throws this, without a place, where the text ends inside a bracket.
            raw.ReportBroken(YamlComplaints.Unfinished, text.AsSpan().Count('\n'));
        }
        return raw;
    }

    private static void ReportTabs(RawConfiguration raw, string text)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var indentation = line[..^line.TrimStart(" \t").Length];
            if (indentation.Contains('\t') && line.TrimStart() is not ([] or ['#', ..]))
                raw.ReportBroken(YamlComplaints.Tab, number);
        }
    }

    private void ReadFile()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            raw.ReportBroken(Empty);
            return;
        }
        parser.Consume<DocumentStart>();
        if (TryConsumeNull())
            raw.ReportBroken(Empty);
        else if (!parser.Accept<MappingStart>(out _))
            raw.ReportBroken(YamlComplaints.NotKeys, parser.Current!.Start.Line);
        else
            ReadSection("", "");
        if (raw.IsBroken)
            return;
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
            raw.ReportBroken(YamlComplaints.SecondDocument, second.Start.Line);
    }

    private void ReadSection(string section, string template)
    {
        parser.Consume<MappingStart>();
        var lines = new Dictionary<string, long>();
        while (!parser.TryConsume<MappingEnd>(out _))
            ReadEntry(section, template, lines);
    }

    private void ReadEntry(string section, string template, Dictionary<string, long> lines)
    {
        if (!parser.TryConsume<Scalar>(out var name))
        {
            raw.Report(section, YamlComplaints.KeyNotText, raw.AtLine(parser.Current!.Start.Line));
            parser.SkipThisAndNestedEvents();
            parser.SkipThisAndNestedEvents();
            return;
        }
        var key = KnownKeys.Join(section, name.Value);
        var line = name.Start.Line;
        if (!lines.TryAdd(name.Value, line))
            Refuse(key, YamlComplaints.Duplicate(key, lines[name.Value]), line);
        else if (KnownKeys.Child(template, name.Value) is not { } child)
            Refuse(key, YamlComplaints.UnknownKey(key, KnownKeys.Writable(raw.Nodes)), line);
        else if (KnownKeys.IsSection(child))
            ReadSubsection(key, child, name);
        else
            ReadValue(key, KnownKeys.Of(key).List, line);
    }

    private void ReadSubsection(string key, string template, Scalar name)
    {
        raw.AddSection(key, name.Start.Line);
        if (template == KnownKeys.AnyNode)
            raw.Nodes.Add(name.Value);
        // A section whose keys are all commented out is an empty section.
        if (TryConsumeNull())
            return;
        if (parser.Accept<MappingStart>(out _))
            ReadSection(key, template);
        else
            Refuse(key, YamlComplaints.NotSection(key), name.Start.Line);
    }

    private void ReadValue(string key, bool mayBeList, long line)
    {
        if (TryConsumeNull())
            raw.Report(key, YamlComplaints.NoValue(key), raw.AtLine(line));
        else if (parser.TryConsume<Scalar>(out var value))
            raw.Values[key] = new(value.Value, raw.AtLine(line));
        else if (mayBeList && parser.TryConsume<SequenceStart>(out _))
            ReadList(key, line);
        else
            Refuse(key, YamlComplaints.NotOneValue(key), line);
    }

    // A list is one value whose parts stand behind commas, as in the environment.
    private void ReadList(string key, long line)
    {
        var parts = new List<string>();
        var plain = true;
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (parser.TryConsume<Scalar>(out var part))
                parts.Add(part.Value);
            else
            {
                plain = false;
                parser.SkipThisAndNestedEvents();
            }
        }
        if (plain)
            raw.Values[key] = new(string.Join(", ", parts), raw.AtLine(line));
        else
            raw.Report(key, YamlComplaints.NotTexts(key), raw.AtLine(line));
    }

    private void Refuse(string key, Complaint complaint, long line)
    {
        raw.Report(key, complaint, raw.AtLine(line));
        parser.SkipThisAndNestedEvents();
    }

    private bool TryConsumeNull() =>
        parser.Accept<Scalar>(out var scalar)
        && scalar is { Style: ScalarStyle.Plain, Value: "" or "~" or "null" or "Null" or "NULL" }
        && parser.MoveNext();
}
