namespace PgHa.Terminal;

/// <summary>Asks a person, and is not held up by a person who is not there: Ctrl-C ends the wait.</summary>
internal static class Question
{
    /// <summary>Whether the person says yes; anything else is no.</summary>
    internal static async Task<bool> AskAsync(string question, Screen screen, CancellationToken cancel)
    {
        screen.Output.Write(question + " [y/N] ");
        screen.Output.Flush();
        var answer = await Task.Run(Console.In.ReadLine, CancellationToken.None).WaitAsync(cancel);
        return answer?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
