namespace Osmo.Testing.Listener;

/// <summary>Options of a simulated Python agent.</summary>
public sealed record PythonAgentOptions
{
    /// <summary>The service.</summary>
    public required Uri Host { get; init; }

    public required string Backend { get; init; }

    /// <summary>The guides' version, which knows the two lists; from 6.0 on it knows rules instead.</summary>
    public string Version { get; init; } = "1.0.0";

    /// <summary>The uid of its cluster; null for one made of the backend's name.</summary>
    public string? ClusterUid { get; init; }

    public string Namespace { get; init; } = "osmo-wf";

    public string Prefix { get; init; } = "osmo.nvidia.com/";

    /// <summary>The access token; null for development mode.</summary>
    public string? Token { get; init; }

    /// <summary>Who it is in development mode.</summary>
    public string User { get; init; } = "agent";

    /// <summary>The real agent's 3 s, which tests need not wait for.</summary>
    public TimeSpan ReconnectPause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Messages of a channel that may be without acknowledgement.</summary>
    public int UnackedMax { get; init; } = 100;

    /// <summary>Period of heartbeats; the real agent's is 20 s.</summary>
    public TimeSpan HeartbeatPeriod { get; init; } = TimeSpan.FromSeconds(20);

    public string Uid => ClusterUid ?? ListenerFrames.UidOf(Backend);

    /// <summary>Whether it is of the generation that knows rules.</summary>
    public bool KnowsRules => int.Parse(Version.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture) >= 6;
}
