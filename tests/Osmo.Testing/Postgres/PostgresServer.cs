using Npgsql;
using Osmo.Testing.Network;

namespace Osmo.Testing.Postgres;

/// <summary>
/// A PostgreSQL server of the tests' own: a fresh cluster of databases in a folder that goes away, on a free port of the loopback
/// interface. It ends with the process that started it, however that ends.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";
    private const string Password = "loopback-only";
    private const string Configuration = "postgresql.conf";
    private const int StartsMax = 5;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly PostgresBinaries _binaries;
    private readonly DirectoryInfo _folder;
    private readonly string _data;
    private PostgresProcess? _process;
    private int _databases;

    private PostgresServer(PostgresBinaries binaries, string? parent)
    {
        _binaries = binaries;
        _folder = parent is null
            ? Directory.CreateTempSubdirectory("osmo-postgres-")
            : Directory.CreateDirectory(Path.Combine(parent, $"postgres-{Guid.NewGuid():N}"));
        _data = Path.Combine(_folder.FullName, "data");
    }

    /// <summary>Where it listens; the same after a restart.</summary>
    public int Port { get; } = ReservedPorts.Next();

    /// <summary>A connection string of the superuser to the database <c>postgres</c>.</summary>
    public string ConnectionString => ConnectionStringOf("postgres");

    /// <summary>Whether the server's process runs.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>What the server logged last.</summary>
    public string Log => _process?.Log ?? "";

    /// <summary>Makes a new server and starts it.</summary>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PlatformNotSupportedException">PostgreSQL is not installed; the message says what to install.</exception>
    /// <exception cref="InvalidOperationException">It did not start; the message has what it said.</exception>
    public static async Task<PostgresServer> StartAsync(
        PostgresServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new PostgresServerOptions();
        var server = new PostgresServer(PostgresBinaries.Find(), options.Folder);
        try
        {
            await server._binaries.OwnAsync(server._folder.FullName, cancellationToken);
            var passwordFile = Path.Combine(server._folder.FullName, "password");
            await File.WriteAllTextAsync(passwordFile, Password, cancellationToken);
            await server._binaries.OwnAsync(passwordFile, cancellationToken);
            await server._binaries.RunAsync(
                "initdb",
                ["-D", server._data, "-U", User, "-A", "scram-sha-256", "--pwfile", passwordFile, "-E", "UTF8", "--locale=C", "--no-sync"],
                cancellationToken);
            await server.ConfigureAsync(options, cancellationToken);
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string of the superuser to one of the server's databases.</summary>
    /// <param name="database">The database's name.</param>
    public string ConnectionStringOf(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = User,
        Password = Password,
        Database = database,
    }.ConnectionString;

    /// <summary>Makes a new, empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken = default)
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"CREATE DATABASE {name}", cancellationToken);
        return ConnectionStringOf(name);
    }

    /// <summary>Runs statements as the superuser in the database <c>postgres</c>, each outside a transaction.</summary>
    public Task ExecuteAsync(string sql, CancellationToken cancellationToken = default) =>
        QueryAsync(sql, cancellationToken);

    /// <summary>Stops the server; its data stays.</summary>
    public async Task StopAsync(PostgresStop how = PostgresStop.Fast)
    {
        if (_process is not { } process)
        {
            return;
        }

        await process.StopAsync(how);
        process.Dispose();
        _process = null;
    }

    /// <summary>Starts the stopped server, each time on the same port.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        for (var left = StartsMax; ; left--)
        {
            // After a crash the children of the old server may hold its memory for another moment.
            if (await TryStartAsync(cancellationToken) is not { } said)
            {
                return;
            }

            if (left == 1)
            {
                throw new InvalidOperationException($"PostgreSQL did not start on port {Port}: {said}");
            }

            await Pause(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    /// <summary>Stops the server, cutting every connection, and starts it again on the same port.</summary>
    public async Task RestartAsync(PostgresStop how = PostgresStop.Fast, CancellationToken cancellationToken = default)
    {
        await StopAsync(how);
        await StartAgainAsync(cancellationToken);
    }

    /// <summary>SIGSTOP to all of the server's processes: connections stay open and nothing answers.</summary>
    public Task PauseAsync() => Running.PauseAsync();

    /// <summary>SIGCONT to all of the server's processes.</summary>
    public Task ResumeAsync() => Running.ResumeAsync();

    /// <summary>
    /// Starts a second server that follows this one. From then on this one acknowledges a commit only when the second one has it, so
    /// that promoting that one loses nothing that was acknowledged.
    /// </summary>
    public async Task<PostgresServer> StartStandbyAsync(CancellationToken cancellationToken = default)
    {
        var standby = new PostgresServer(_binaries, _folder.Parent!.FullName);
        try
        {
            await _binaries.OwnAsync(standby._folder.FullName, cancellationToken);
            await _binaries.RunAsync(
                "pg_basebackup",
                [
                    "-D", standby._data, "-R", "-X", "stream", "-c", "fast",
                    "-d", $"host=127.0.0.1 port={Port} user={User} password={Password}",
                ],
                cancellationToken);
            await standby.StartAgainAsync(cancellationToken);
            await ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = '*'", cancellationToken);
            await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
            await WaitUntilAsync(
                async () => await QueryAsync("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'", cancellationToken) is not null,
                "the standby follows",
                cancellationToken);
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a standby a server that can be written to. Stop the one that it followed first: nothing else keeps it from being
    /// written to.</summary>
    public Task PromoteAsync(CancellationToken cancellationToken = default) =>
        ExecuteAsync("SELECT pg_promote(true, 30)", cancellationToken);

    /// <summary>Ends the server and removes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(PostgresStop.Immediate);
        _folder.Delete(recursive: true);
    }

    private PostgresProcess Running => _process ?? throw new InvalidOperationException("The PostgreSQL server is stopped.");

    private static async Task Pause(TimeSpan time, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(time);
        await timer.WaitForNextTickAsync(cancellationToken);
    }

    private async Task ConfigureAsync(PostgresServerOptions options, CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = "",
            ["max_connections"] = "200",
            ["shared_buffers"] = "32MB",
            ["max_wal_size"] = "256MB",
            ["wal_level"] = "replica",
            ["fsync"] = options.Fsync ? "on" : "off",
            ["wal_sender_timeout"] = "5s",
            ["log_min_messages"] = "warning",
        };
        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }

        var lines = settings.Select(setting => $"{setting.Key} = '{setting.Value.Replace("'", "''", StringComparison.Ordinal)}'");
        await File.AppendAllLinesAsync(Path.Combine(_data, Configuration), lines, cancellationToken);
    }

    /// <returns>What the server said where it did not start; null where it did.</returns>
    private async Task<string?> TryStartAsync(CancellationToken cancellationToken)
    {
        var process = _binaries.Start("postgres", ["-D", _data, "-p", $"{Port}"]);
        _process = process;
        await WaitUntilAsync(
            async () => process.HasExited || await AnswersAsync(cancellationToken), "the server answers", cancellationToken);
        if (!process.HasExited)
        {
            return null;
        }

        _process = null;
        using (process)
        {
            return process.Log;
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await QueryAsync("SELECT 1", cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task<object?> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection($"{ConnectionString};Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private async Task WaitUntilAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartTimeout);
        using PeriodicTimer timer = new(PollInterval);
        while (!await condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"waited {StartTimeout.TotalSeconds} s in vain until {what}; the server said: {Log}");
            }
        }
    }
}
