using System.Reflection;

namespace Osmo.Server.Hosting;

/// <summary>What this process says of itself.</summary>
/// <param name="Id">Its id: the pod's name in Kubernetes.</param>
/// <param name="Roles">What it does.</param>
public sealed record ServerDescription(string Id, ServerRoles Roles)
{
    private const int CommitCharsMax = 8;

    /// <summary>The version of the build with the beginning of its commit, such as <c>0.1.0+3fb8f14d</c>.</summary>
    public string Version { get; } = Shorten(
        typeof(ServerDescription).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown");

    /// <summary>The roles in words.</summary>
    public string RolesText => Roles switch
    {
        ServerRoles.Silo => "silo",
        ServerRoles.Gateway => "gateway",
        _ => "silo and gateway",
    };

    private static string Shorten(string version) =>
        version.Split('+', 2) is [var number, var commit] && commit.Length > CommitCharsMax
            ? $"{number}+{commit[..CommitCharsMax]}"
            : version;
}
