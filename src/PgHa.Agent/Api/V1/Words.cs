using PgHa.Agent.Plans;

namespace PgHa.Agent.Api.V1;

/// <summary>What the words of a call mean.</summary>
/// <param name="Request">The request, from the name of the called node and the call's options.</param>
/// <param name="Options">The options it takes beside those that all calls take.</param>
internal sealed record Words(Func<string, ChangeOptions, ChangeRequest> Request, params string[] Options);
