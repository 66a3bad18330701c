using Microsoft.Extensions.Time.Testing;
using PgHa.Agent.Security;

namespace PgHa.Agent.Tests.Security;

/// <summary>Two agents that are told of a new token one after the other understand each other throughout.</summary>
public sealed class AccessTokenTests
{
    private const string Old = "the-old-token-1234", New = "the-new-token-1234";
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(0), InlineData(1), InlineData(4)]
    public void Whoever_is_told_within_five_minutes_of_the_first_is_never_refused(int minutesLater)
    {
        AccessToken first = new(Old, _time), last = new(Old, _time);
        Assert.True(first.Replace(New));
        for (var minute = 0; minute < 30; minute++, _time.Advance(TimeSpan.FromMinutes(1)))
        {
            if (minute == minutesLater) Assert.True(last.Replace(New));
            Assert.True(first.Accepts(last.Presented!) && last.Accepts(first.Presented!), $"minute {minute}");
        }
        Assert.Equal(New, first.Presented);
        Assert.False(first.Accepts(Old) || last.Accepts(Old));
    }

    [Fact]
    public void The_new_one_counts_at_once_and_the_same_one_is_no_exchange()
    {
        var token = new AccessToken(Old, _time);
        Assert.False(token.Replace(Old));
        Assert.True(token.Replace(New) && token.Accepts(New) && token.Accepts(Old));
        Assert.False(token.Accepts("") || token.Accepts("another-token-1234"));
    }

    [Fact]
    public void Where_none_is_configured_none_counts() =>
        Assert.False(new AccessToken(null, _time) is var none && (none.IsRequired || none.Accepts("") || none.Replace(New)));
}
