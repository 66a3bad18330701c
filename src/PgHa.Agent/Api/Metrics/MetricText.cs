using System.Globalization;
using System.Text;

namespace PgHa.Agent.Api.Metrics;

/// <summary>A label of a sample.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value, as it is.</param>
public readonly record struct MetricLabel(string Name, string Value);

/// <summary>
/// Metrics as text, in the exposition format of Prometheus (version 0.0.4). What is not known is left out: a gauge that stands at 0 would be taken for a fact.
/// </summary>
/// <param name="common">The labels of every sample.</param>
public sealed class MetricText(params MetricLabel[] common)
{
    private readonly StringBuilder _text = new();

    /// <summary>A gauge with one sample; nothing where the value is not known.</summary>
    public MetricText Gauge(string name, string help, double? value) => value is { } known ? Family(name, help, [([], known)]) : this;

    /// <summary>The same of what is so, or not.</summary>
    public MetricText Gauge(string name, string help, bool? value) => Gauge(name, help, value is { } known ? known ? 1 : 0 : (double?)null);

    /// <summary>A gauge with several samples; nothing where there are none.</summary>
    public MetricText Family(string name, string help, IEnumerable<(MetricLabel[] Labels, double Value)> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var begun = false;
        foreach (var (labels, value) in samples)
        {
            if (!begun)
                _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(" gauge\n");
            begun = true;
            _text.Append(name).Append('{').AppendJoin(',', common.Concat(labels).Select(Label)).Append("} ").Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
        return this;
    }

    /// <summary>All of it.</summary>
    public override string ToString() => _text.ToString();

    private static string Label(MetricLabel label) =>
        $"{label.Name}=\"{label.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
