namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>What <c>pgha completion</c> prints, in each shell, in a real terminal.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("bash", "bash --norc --noprofile", "source <(pgha completion bash)")]
    [InlineData("zsh", "zsh -f", "autoload -Uz compinit && compinit -u -D && source <(pgha completion zsh)")]
    [InlineData("fish", "fish --private", "pgha completion fish | source")]
    public async Task The_shell_completes_commands_and_options(string shell, string started, string prepared)
    {
        var folder = Directory.CreateTempSubdirectory("pgha-shell");
        File.CreateSymbolicLink(Path.Combine(folder.FullName, "pgha"), AgentProcess.Binary);
        await using (var terminal = await Tmux.Start(120, 20, $"PATH={folder.FullName}:$PATH PS1=ready: {started}"))
        {
            await terminal.Press($"{prepared}; echo it is {(shell == "fish" ? "(math 40 + 2)" : "$((40 + 2))")}", "Enter");
            await terminal.Shows("it is 42");
            await terminal.Press("pgha switch", "Tab");
            await terminal.Shows("pgha switchover");
            await terminal.Press("--dr", "Tab");
            await terminal.Shows("switchover --dry-run");
        }
        folder.Delete(recursive: true);
    }
}
