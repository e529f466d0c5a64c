using System.Net;
using System.Net.Sockets;

namespace Osmo.Testing.Network;

/// <summary>
/// Ports for processes that are started again where they were. They lie below the range from which the kernel gives ports to
/// outgoing connections and to listeners that ask for any: a port of that range that was free a moment ago may be somebody's
/// connection before the process listens on it.
/// </summary>
/// <remarks>A test process owns blocks of ports by listening on the first port of each for as long as it lives.</remarks>
public static class ReservedPorts
{
    private const int First = 10_000;
    private const int End = 32_000;
    private const int BlockSize = 100;

    private static readonly Lock Gate = new();
    private static readonly List<TcpListener> Claims = [];
    private static int _next;
    private static int _blockEnd;

    /// <summary>A URL on the loopback interface with a port that nobody else uses or will be given.</summary>
    public static Uri NextUrl() => new($"http://127.0.0.1:{Next()}");

    /// <summary>A port that nobody else uses or will be given.</summary>
    /// <exception cref="InvalidOperationException">No block of ports is left.</exception>
    public static int Next()
    {
        lock (Gate)
        {
            while (true)
            {
                if (_next >= _blockEnd)
                {
                    ClaimBlock();
                }

                var port = _next++;
                if (TryListen(port) is { } probe)
                {
                    probe.Dispose();
                    return port;
                }
            }
        }
    }

    private static void ClaimBlock()
    {
        const int Blocks = (End - First) / BlockSize;
        var start = Random.Shared.Next(Blocks);
        for (var tried = 0; tried < Blocks; tried++)
        {
            var first = First + ((start + tried) % Blocks * BlockSize);
            if (TryListen(first) is not { } claim)
            {
                continue;
            }

            Claims.Add(claim);
            _next = first + 1;
            _blockEnd = first + BlockSize;
            return;
        }

        throw new InvalidOperationException($"Each block of ports from {First} to {End} is taken: are servers left over from other runs?");
    }

    private static TcpListener? TryListen(int port)
    {
        TcpListener listener = new(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
