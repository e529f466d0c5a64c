namespace Osmo.Kubernetes;

/// <summary>
/// Finds a program on the PATH and nowhere else, as kubectl does. By itself .NET looks into the working directory before, where a file
/// that somebody left there would be run.
/// </summary>
internal static class ExecutablePath
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program's full path; null if it is not on the PATH. A path is taken as it is.</summary>
    /// <param name="command">A name, or a path.</param>
    /// <param name="path">The value of PATH. Entries that are not absolute stand for the working directory, and are passed over.</param>
    public static string? Find(string command, string? path)
    {
        if (command.Contains('/', StringComparison.Ordinal) || Path.IsPathRooted(command))
        {
            return command;
        }

        string[] names = OperatingSystem.IsWindows() ? [command, $"{command}.exe", $"{command}.cmd"] : [command];
        return (path ?? "").Split(Path.PathSeparator)
            .Where(Path.IsPathFullyQualified)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(file => File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & Executable) != 0));
    }
}
