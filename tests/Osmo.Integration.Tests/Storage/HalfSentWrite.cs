using System.Net;
using System.Net.Sockets;
using Npgsql;
using Osmo.Testing;

namespace Osmo.Integration.Tests.Storage;

/// <summary>
/// A write of which only the beginning arrives: the fence, and not the end of the batch. What a process leaves behind that is stopped,
/// or cut off, while it sends. The server has run the fence and waits for the rest, which no timeout of its own counts. It comes
/// from a real client, through a relay that withholds the last message.
/// </summary>
internal sealed class HalfSentWrite : IAsyncDisposable
{
    /// <summary>The length of a Sync message, which ends a batch.</summary>
    private const int SyncLength = 5;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _relay = Task.CompletedTask;
    private NpgsqlConnection? _connection;
    private Task _write = Task.CompletedTask;
    private bool _withholds;

    private HalfSentWrite()
    {
    }

    /// <summary>Sends the fence of a node's write; the backend's row is held when this returns.</summary>
    public static async Task<HalfSentWrite> SendAsync(
        PostgresSession session, string connectionString, string backend, long activation, CancellationToken cancellationToken)
    {
        var write = new HalfSentWrite();
        try
        {
            await write.SendCoreAsync(session, connectionString, backend, activation, cancellationToken);
            return write;
        }
        catch
        {
            await write.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets the rest arrive. Throws what the client is told: nothing if the write is done.</summary>
    public Task EndAsync()
    {
        _release.TrySetResult();
        return _write;
    }

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        await _stopping.CancelAsync();
        _listener.Stop();
        await _write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _relay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (_connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        _stopping.Dispose();
    }

    private async Task SendCoreAsync(
        PostgresSession session, string connectionString, string backend, long activation, CancellationToken cancellationToken)
    {
        _listener.Start();
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        _relay = RelayAsync(target.Host!, target.Port);
        target.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        target.Pooling = false;
        _connection = new NpgsqlConnection(target.ConnectionString);
        await _connection.OpenAsync(cancellationToken);

        Volatile.Write(ref _withholds, true);
        _write = FenceAsync(_connection, backend, activation);
        var isHeld =
            $"""
            SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {_connection.ProcessID} AND relation = 'backend'::regclass
                AND mode = 'RowShareLock')
              AND EXISTS (SELECT FROM pg_stat_activity WHERE pid = {_connection.ProcessID} AND wait_event = 'ClientRead')
            """;
        await Eventually.AgreesAsync(
            async () => await session.RunAsync(isHeld, cancellationToken) is true ? null : "the row is not held",
            "the fence holds its row and the server waits for more");
    }

    private static async Task FenceAsync(NpgsqlConnection connection, string backend, long activation)
    {
        await using var fence = new NpgsqlCommand("SELECT fence($1, $2, false)", connection);
        fence.Parameters.Add(new NpgsqlParameter { Value = new[] { backend } });
        fence.Parameters.Add(new NpgsqlParameter { Value = new[] { activation } });
        await fence.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private async Task RelayAsync(string host, int port)
    {
        using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
        using var server = new TcpClient();
        await server.ConnectAsync(host, port, _stopping.Token);
        var answers = server.GetStream().CopyToAsync(client.GetStream(), _stopping.Token);
        var bytes = new byte[64 * 1_024];
        while (await client.GetStream().ReadAsync(bytes, _stopping.Token) is > 0 and var read)
        {
            var now = Volatile.Read(ref _withholds) && !_release.Task.IsCompleted ? Math.Max(read - SyncLength, 0) : read;
            await server.GetStream().WriteAsync(bytes.AsMemory(0, now), _stopping.Token);
            if (now < read)
            {
                await _release.Task;
                await server.GetStream().WriteAsync(bytes.AsMemory(now, read - now), _stopping.Token);
            }
        }

        await answers;
    }
}
