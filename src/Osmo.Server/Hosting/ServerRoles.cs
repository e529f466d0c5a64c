namespace Osmo.Server.Hosting;

/// <summary>What a process does; one process may do both.</summary>
[Flags]
public enum ServerRoles
{
    /// <summary>Runs the grains of its share of the backends.</summary>
    Silo = 1,

    /// <summary>Serves the REST API and holds agents' connections.</summary>
    Gateway = 2,
}
