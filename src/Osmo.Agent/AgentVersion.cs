using System.Reflection;

namespace Osmo.Agent;

/// <summary>The version of this build.</summary>
internal static class AgentVersion
{
    /// <summary>Without the build's commit, such as <c>0.1.0</c>: a new commit alone is no news to the silo.</summary>
    public static string Text { get; } = typeof(AgentVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
