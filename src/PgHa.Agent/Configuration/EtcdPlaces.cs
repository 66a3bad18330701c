namespace PgHa.Agent.Configuration;

/// <summary>Where etcd is, as it is written: <c>beside</c>, or its URLs.</summary>
/// <param name="Beside">It runs beside the agents.</param>
/// <param name="Urls">Where it is called otherwise.</param>
internal sealed record EtcdPlaces(bool Beside, IReadOnlyList<Uri> Urls)
{
    private const int Most = 9;
    private static readonly Complaint None = new("no URL of etcd", "write beside, or a list such as [https://10.0.0.1:2379, https://10.0.0.2:2379]");

    public static Complaint? Parse(string text, out EtcdPlaces? value)
    {
        value = text == "beside" ? new(true, []) : null;
        if (value is not null)
            return null;
        var urls = new List<Uri>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (UrlForm.Agent(part, out var url) is { } complaint)
                return complaint with { Message = $"'{part}': {complaint.Message}" };
            urls.Add(url!);
        }
        if (urls.Count is 0 or > Most)
            return urls.Count == 0 ? None : new($"{urls.Count} URLs of etcd", $"name 1 to {Most}");
        value = new(false, [.. urls.Distinct()]);
        return null;
    }
}
