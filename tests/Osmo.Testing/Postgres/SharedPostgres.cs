namespace Osmo.Testing.Postgres;

/// <summary>
/// One PostgreSQL server for all tests of an assembly, started when the first test asks for it: an assembly fixture. Tests that stop,
/// pause or break their server start one of their own.
/// </summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync());

    /// <summary>The server.</summary>
    public Task<PostgresServer> ServerAsync() => _server.Value;

    /// <summary>Makes a new, empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken = default) =>
        await (await _server.Value).CreateDatabaseAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
