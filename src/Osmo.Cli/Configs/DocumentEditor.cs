using System.ComponentModel;
using System.Diagnostics;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary>Lets somebody edit a document in the editor of their choice.</summary>
internal static class DocumentEditor
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The editors that are tried where no variable names one.</summary>
    private static readonly string[] Fallbacks = ["vi", "nano"];

    /// <summary>Opens the text in an editor and waits until it is closed.</summary>
    /// <returns>The file with what the editor left; the caller deletes it, or tells the user that it is there.</returns>
    /// <exception cref="CliError">There is no editor, or it ended with an error.</exception>
    public static async Task<string> EditAsync(string text, string label, CliTerminal terminal, CancellationToken cancellationToken)
    {
        if (!terminal.InputIsTerminal)
        {
            throw new CliError("There is no terminal for an editor. Give the change with --file FILE (- for the standard input).", ExitCode.Usage);
        }

        var name = string.Concat(label.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-'));
        var path = Path.Combine(Path.GetTempPath(), $"osmo-{name}-{Path.GetRandomFileName()[..6]}.json");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        await using (var writer = new StreamWriter(path, options))
        {
            await writer.WriteLineAsync(text);
        }

        var code = await RunAsync(path, cancellationToken);
        return code == 0
            ? path
            : throw new CliError($"The editor ended with exit code {code}; nothing was sent. What it left is in {path}.");
    }

    private static async Task<int> RunAsync(string path, CancellationToken cancellationToken)
    {
        var command = Variable("EDITOR") ?? Variable("VISUAL") ?? Fallbacks.FirstOrDefault(IsInstalled)
            ?? throw new CliError("There is no editor: name one in the variable EDITOR, or give the change with --file FILE.");
        try
        {
            // A shell, because the variable may hold arguments: "code --wait".
            using var editor = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{command} \"$1\"", "editor", path]))!;
            await editor.WaitForExitAsync(cancellationToken);
            return editor.ExitCode;
        }
        catch (Win32Exception failure)
        {
            throw new CliError($"The editor {command} cannot be started: {failure.Message}");
        }
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
