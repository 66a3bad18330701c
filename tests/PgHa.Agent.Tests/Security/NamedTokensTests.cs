using Microsoft.Extensions.Time.Testing;
using PgHa.Agent.Security;

namespace PgHa.Agent.Tests.Security;

[Trait("Category", "Fast")]
public class NamedTokensTests
{
    private static readonly (string Token, NamedToken Kept) Ana = NamedToken.Make("ana", AccessRole.Operate, new(2026, 12, 1)), Grafana = NamedToken.Make("grafana", AccessRole.Read, null);
    private readonly FakeTimeProvider _time = new(new(2026, 12, 1, 23, 59, 0, TimeSpan.Zero));
    private readonly List<string> _complaints = [];
    private string _text = $"# people\n{Ana.Kept.Line}\n\n\t{Grafana.Kept.Line}\r\n";
    private int _version;

    private NamedTokens Tokens => new(() => _version, () => NamedToken.Parse(_text), _complaints.Add, _time);

    [Fact]
    public void A_token_is_known_by_its_hash_until_its_last_day_is_over()
    {
        var tokens = Tokens;
        Assert.Equal(new Caller("ana", AccessRole.Operate), tokens.Find(Ana.Token).Caller);
        Assert.Equal(new Caller("grafana", AccessRole.Read), tokens.Find(Grafana.Token).Caller);
        Assert.Equal((null, null), tokens.Find("pgha_of-nobody"));
        Assert.Null(tokens.Find(Ana.Kept.Hash).Caller); // who has the file has no token
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((null, new DateOnly(2026, 12, 1)), tokens.Find(Ana.Token));
    }

    [Fact]
    public void A_changed_file_counts_at_the_next_call_and_one_that_cannot_be_used_changes_nothing()
    {
        var tokens = Tokens;
        Assert.NotNull(tokens.Find(Ana.Token).Caller);
        (_text, _version) = ("ana what\n", 1);
        Assert.NotNull(tokens.Find(Ana.Token).Caller);
        Assert.NotNull(tokens.Find(Ana.Token).Caller);
        Assert.Equal("line 1 is not NAME ROLE HASH [LAST-DAY]", Assert.Single(_complaints));
        (_text, _version) = (Grafana.Kept.Line, 2);
        Assert.Null(tokens.Find(Ana.Token).Caller);
        Assert.NotNull(tokens.Find(Grafana.Token).Caller);
    }

    [Theory]
    [InlineData("ana"), InlineData("ana root HASH"), InlineData("ana read abc"), InlineData("ana read HASH 2026-13-01"), InlineData("ana read HASH 2026-12-01 more"), InlineData("a/b read HASH"), InlineData("ana Read HASH"), InlineData("security.token_file admin HASH")]
    public void A_line_that_is_not_understood_is_refused(string line) =>
        Assert.StartsWith("line 2 is not", NamedToken.Parse("\n" + line.Replace("HASH", Ana.Kept.Hash, StringComparison.Ordinal)).Problem);

    [Fact]
    public void A_name_or_a_hash_stands_there_once()
    {
        Assert.Contains("twice", NamedToken.Parse($"{Ana.Kept.Line}\n{Ana.Kept.Line}").Problem, StringComparison.Ordinal);
        Assert.Contains("twice", NamedToken.Parse($"{Ana.Kept.Line}\nbob admin {Ana.Kept.Hash}").Problem, StringComparison.Ordinal);
    }
}
