using System.Reflection;

namespace Osmo.Cli.Gateway;

/// <summary>The version of this program.</summary>
internal static class ClientVersion
{
    /// <summary>With the commit after a plus sign, where it is known.</summary>
    public static string Full { get; } =
        typeof(ClientVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    public static string Short { get; } = Full.Split('+')[0];
}
