using PgHa.Terminal;

namespace PgHa.Commands.Tests;

/// <summary>Calls in messages become the commands that do the same; where there is none the call stays.</summary>
[Trait("Category", "Fast")]
public class CommandWordsTests
{
    [Theory]
    [InlineData("it serves: POST instance/slave on n2 lets n2 follow, and POST instance/switchover/masterSlave on n1 exchanges the roles then", "it serves: pgha rejoin n2 lets n2 follow, and pgha switchover exchanges the roles then")]
    [InlineData("POST instance/switchover/masterSlave?to=pg-node02 on pg-node01 exchanges the roles", "pgha switchover pg-node02 exchanges the roles")]
    [InlineData("POST instance/slave?rejoin=rewind on n2 does it first, or ?rejoin=reclone", "pgha rejoin n2 --by rewind does it first, or --by reclone")]
    [InlineData("to give them up POST instance/slave?rejoin=reclone&force=true on n2", "to give them up pgha rejoin n2 --by reclone --force")]
    [InlineData("stop it first: DELETE instance/current on n1", "stop it first: pgha stop n1")]
    [InlineData("bring its agent back, or answer for it being down with force=true", "bring its agent back, or answer for it being down with --force")]
    [InlineData("POST instance/master?force=true on n3", "pgha start n3 --as-primary --force")]
    [InlineData("POST /api/pg/v2/operations/20300131T030000123-4f2a9c/abandon", "pgha operations 20300131T030000123-4f2a9c --abandon")]
    [InlineData("GET v2/cluster/explain says what it waits for", "pgha explain says what it waits for")]
    [InlineData("POST instance/current on the node that was primary last", "POST instance/current on the node that was primary last")]
    [InlineData("name another node: ?from=NODE", "name another node: --from NODE")]
    [InlineData("there is nothing here", "there is nothing here")]
    public void A_call_becomes_a_command(string message, string shown) => Assert.Equal(shown, CommandWords.In(message));
}
