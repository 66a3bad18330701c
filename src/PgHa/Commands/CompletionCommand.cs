using System.CommandLine;

namespace PgHa.Commands;

/// <summary><c>pgha completion</c>: prints what a shell needs to complete the words of <c>pgha</c>. The shell asks pgha itself each time.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _pgha() {
            local words cur="${COMP_WORDS[COMP_CWORD]}"
            words=$(pgha "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            COMPREPLY=($(compgen -W "$words" -- "$cur"))
        }
        complete -o default -F _pgha pgha
        """;

    private const string Zsh = """
        #compdef pgha
        _pgha() {
            local -a words
            words=("${(@f)$(pgha "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a words
        }
        compdef _pgha pgha
        """;

    private const string Fish = """
        complete -c pgha -f -a '(set -l line (commandline -cp); pgha "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)'
        """;

    internal static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion",
            Help.Of("Print what a shell needs to complete the words of pgha.", "source <(pgha completion bash)", "pgha completion fish > ~/.config/fish/completions/pgha.fish")) { shell };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return Exit.Done;
        });
        return command;
    }
}
