using System.Net;
using System.Net.Sockets;
using Osmo.Domain.Errors;

namespace Osmo.Silo.Hosting;

/// <summary>
/// Finds a port that nobody listens on: Orleans has to know its own before it listens. It is taken from below those that systems give to
/// outgoing connections, so that none of these takes it in between.
/// </summary>
public static class FreePort
{
    private const int First = 12_000;
    private const int Last = 32_000;
    private const int TriesMax = 100;

    /// <exception cref="OsmoException">The address is not this machine's, or there is no free port.</exception>
    public static IPEndPoint Find(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        for (var tries = 1; ; tries++)
        {
            var endpoint = new IPEndPoint(address, Random.Shared.Next(First, Last));
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(endpoint);
                return endpoint;
            }
            catch (SocketException failure) when (failure.SocketErrorCode != SocketError.AddressAlreadyInUse || tries == TriesMax)
            {
                throw new OsmoException(
                    ErrorCode.Unavailable,
                    $"No port of {address} could be taken: {failure.Message}. Choose an address of this machine with --cluster-endpoint.");
            }
            catch (SocketException)
            {
                // Somebody has this one.
            }
        }
    }
}
