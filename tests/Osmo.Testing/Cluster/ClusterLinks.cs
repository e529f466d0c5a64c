using Osmo.Testing.Network;

namespace Osmo.Testing.Cluster;

/// <summary>
/// The proxies by which a test breaks the network between the parts of a cluster. Each process reaches the database through one of its
/// own; each member, gateway or silo, is reached by the others through one; each gateway is reached by agents through one.
/// </summary>
public sealed class ClusterLinks : IAsyncDisposable
{
    private readonly Dictionary<string, TcpProxy> _toDatabase = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TcpProxy> _toMember = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TcpProxy> _toGateway = new(StringComparer.Ordinal);

    /// <summary>Between a process and the database; the process is the client.</summary>
    public TcpProxy ToDatabase(string process) => _toDatabase[process];

    /// <summary>
    /// Between a member and those that called it; the member is the server. Its own connections to the others, which Orleans uses in both
    /// directions, go through their proxies.
    /// </summary>
    public TcpProxy ToMember(string member) => _toMember[member];

    /// <summary>Between agents and a gateway; the gateway is the server.</summary>
    public TcpProxy ToGateway(string gateway) => _toGateway[gateway];

    /// <summary>Undoes whatever a test did to the network.</summary>
    public void Heal()
    {
        foreach (var proxy in All())
        {
            proxy.Refuses = false;
            proxy.StallsToClient = false;
            proxy.StallsToServer = false;
            proxy.DelayToClient = TimeSpan.Zero;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in All())
        {
            await proxy.DisposeAsync();
        }
    }

    internal Uri AddDatabase(string process, Uri database) => Add(_toDatabase, process, database);

    internal Uri AddMember(string member, Uri endpoint) => Add(_toMember, member, endpoint);

    internal Uri AddGateway(string gateway, Uri url) => Add(_toGateway, gateway, url);

    private static Uri Add(Dictionary<string, TcpProxy> proxies, string name, Uri target)
    {
        var proxy = TcpProxy.InFrontOf(target);
        proxies.Add(name, proxy);
        return proxy.Url;
    }

    private IEnumerable<TcpProxy> All() => _toDatabase.Values.Concat(_toMember.Values).Concat(_toGateway.Values);
}
