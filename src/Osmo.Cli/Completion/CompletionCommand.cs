using System.CommandLine;
using Osmo.Cli.Help;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Completion;

/// <summary><c>osmo completion</c>: scripts with which a shell asks this program what may follow.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # osmo completion for bash
        _osmo() {
            local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}"
            COMPREPLY=($(compgen -W "$(osmo "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _osmo osmo
        """;

    private const string Zsh = """
        #compdef osmo
        # osmo completion for zsh
        _osmo() {
            local -a words_left
            words_left=("${(@f)$(osmo "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a words_left
        }
        compdef _osmo osmo
        """;

    private const string Fish = """
        # osmo completion for fish
        function __osmo_complete
            set -l line (commandline -cp)
            osmo "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null
        end
        complete -c osmo -f -a '(__osmo_complete)'
        """;

    public static Command Create(CliTerminal terminal) =>
        new DocumentedCommand("completion", "Print a script that completes osmo's commands in a shell.", """
            Examples:
              source <(osmo completion bash)
              osmo completion zsh > "${fpath[1]}/_osmo"
              osmo completion fish > ~/.config/fish/completions/osmo.fish
            """, isLocal: true)
        {
            Script("bash", Bash, terminal),
            Script("zsh", Zsh, terminal),
            Script("fish", Fish, terminal),
        };

    private static DocumentedCommand Script(string shell, string script, CliTerminal terminal)
    {
        var command = new DocumentedCommand(shell, $"The script for {shell}.");
        command.SetAction(_ => terminal.Out.WriteLine(script));
        return command;
    }
}
