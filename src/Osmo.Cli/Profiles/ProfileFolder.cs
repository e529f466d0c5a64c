namespace Osmo.Cli.Profiles;

/// <summary>Where the state of the command line lies, as the XDG rules and OSMO's own variable say.</summary>
internal static class ProfileFolder
{
    public const string FolderVariable = "OSMO_CONFIG_FILE_DIR";

    private const string XdgVariable = "XDG_CONFIG_HOME";

    public static string Path()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } own)
        {
            return own;
        }

        var home = Environment.GetEnvironmentVariable(XdgVariable) is { Length: > 0 } xdg && System.IO.Path.IsPathFullyQualified(xdg)
            ? xdg
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        return System.IO.Path.Combine(home, "osmo");
    }
}
