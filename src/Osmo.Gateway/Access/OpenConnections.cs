using System.Collections.Concurrent;
using Osmo.Access.Recognition;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Access;

/// <summary>
/// Connections that stay open, each of which is cut when its caller would be refused: the token ended or the roles changed.
/// </summary>
internal sealed class OpenConnections(Authenticator authenticator)
{
    private readonly ConcurrentDictionary<Connection, bool> _connections = new();

    /// <summary>Watches over a connection until the result is disposed of.</summary>
    /// <param name="caller">Who opened it.</param>
    /// <param name="isAllowed">Whether a caller may have it.</param>
    /// <param name="cut">Ends it.</param>
    public IDisposable? Track(Caller caller, Func<Identity, bool> isAllowed, Action cut)
    {
        if (caller.Identity is not { } identity)
        {
            return null;
        }

        var connection = new Connection(this, identity.Principal, isAllowed, cut);
        _connections[connection] = true;

        // What happened between the check at the door and here would be missed.
        Check(connection);
        return connection;
    }

    /// <summary>Cuts the connections whose callers would be refused by now.</summary>
    public void Check()
    {
        foreach (var (connection, _) in _connections)
        {
            Check(connection);
        }
    }

    private void Check(Connection connection)
    {
        try
        {
            if (authenticator.Renew(connection.Principal) is not { } identity || !connection.IsAllowed(identity))
            {
                connection.Cut();
            }
        }
        catch (OsmoException)
        {
            // The store cannot say. That is no reason to cut off agents, which would only come back to be told so.
        }
    }

    private sealed class Connection(OpenConnections all, Principal principal, Func<Identity, bool> isAllowed, Action cut) : IDisposable
    {
        public Principal Principal { get; } = principal;

        public Func<Identity, bool> IsAllowed { get; } = isAllowed;

        public Action Cut { get; } = cut;

        public void Dispose() => all._connections.TryRemove(this, out _);
    }
}
