using System.Text.Json;
using Npgsql;
using Osmo.Domain.Errors;

namespace Osmo.Storage.Postgres;

/// <summary>The PostgreSQL database of a cluster: a pool of connections, and plain words for what is wrong with it.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private const int KeepaliveSeconds = 2;
    private const int HostRecheckSeconds = 1;
    private const int CancellationTimeoutMs = 1_000;
    private const string ReadWrite = "read-write";

    private PostgresDatabase(NpgsqlDataSource source, string place, PostgresOptions options)
    {
        Source = source;
        Place = place;
        Options = options;
    }

    /// <summary>The pool. Its connections are set up for this database: timeouts, keepalive, the host that can be written to.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>Where the database is, for people, without secrets: <c>osmo on db-0,db-1</c>.</summary>
    public string Place { get; }

    internal PostgresOptions Options { get; }

    /// <summary>Connects, and brings the schema up to date.</summary>
    /// <exception cref="OsmoException">The database cannot be used; the message says what to do.</exception>
    public static async Task<PostgresDatabase> OpenAsync(PostgresOptions options, CancellationToken cancellationToken)
    {
        var database = Create(options);
        try
        {
            await database.UseAsync(
                async (connection, cancel) =>
                {
                    await PostgresMigrations.Embedded().ApplyAsync(connection, database.Place, cancel).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            return database;
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Which database this is: random when it was made, the same for everybody who uses it.</summary>
    /// <exception cref="OsmoException">The database cannot be used; the message says what to do.</exception>
    public Task<Guid> ReadClusterIdAsync(CancellationToken cancellationToken) => UseAsync(
        async (connection, cancel) =>
        {
            await using var command = new NpgsqlCommand("SELECT id FROM cluster", connection);
            return (Guid)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        },
        cancellationToken);

    /// <summary>Runs something that reads, or that may be done twice: it is tried once more where the connection breaks.</summary>
    /// <exception cref="OsmoException">The database cannot be used; the message says what to do.</exception>
    public async Task<T> UseAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        for (var isRetry = false; ; isRetry = true)
        {
            var connected = false;
            try
            {
                await using var connection = await Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                connected = true;
                return await use(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (PostgresFailures.IsKnown(failure))
            {
                // A pool does not notice that the server was restarted before it uses a connection from before.
                if (isRetry || !connected || !PostgresFailures.IsBroken(failure) || failure.InnerException is TimeoutException)
                {
                    throw Explain(failure);
                }
            }
            catch (Exception failure) when (
                failure is InvalidDataException or InvalidCastException or JsonException or OsmoException { Code: ErrorCode.Invalid })
            {
                throw new OsmoException(
                    ErrorCode.Unavailable,
                    $"The database {Place} holds what Osmo never wrote ({failure.Message}) Restore it from a backup.");
            }
        }
    }

    /// <summary>What a failure of the database means and what to do about it.</summary>
    public OsmoException Explain(Exception failure)
    {
        if (failure is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction })
        {
            // The primary is elsewhere by now: connections to this one are of no use.
            Source.Clear();
        }

        return PostgresFailures.Explain(Place, failure);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Source.DisposeAsync();

    /// <summary>The connection string as Npgsql reads it, for a library that connects by itself. It holds the password.</summary>
    /// <param name="options">How to reach the database.</param>
    /// <exception cref="OsmoException">The connection string is not valid.</exception>
    public static string ConnectionString(PostgresOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Settings(options).ConnectionString;
    }

    private static PostgresDatabase Create(PostgresOptions options)
    {
        var text = Settings(options);
        var place = $"{text.Database ?? text.Username ?? "(default)"} on {text.Host}";
        try
        {
            var source = new NpgsqlDataSourceBuilder(text.ConnectionString);
            return new PostgresDatabase(HasSeveralHosts(text) ? source.BuildMultiHost() : source.Build(), place, options);
        }
        catch (Exception failure) when (failure is ArgumentException or NotSupportedException)
        {
            throw new OsmoException(
                ErrorCode.Invalid, $"The connection string of the database {place} asks for what cannot be had together.");
        }
    }

    private static NpgsqlConnectionStringBuilder Settings(PostgresOptions options)
    {
        // tidy: what libpq's users set in the environment is part of the connection string
        var text = ConnectionText.Parse(options.ConnectionString, Environment.GetEnvironmentVariable);
        text.MaxPoolSize = options.ConnectionsMax;
        text.Timeout = (int)Math.Ceiling(options.ConnectTimeout.TotalSeconds);
        text.CommandTimeout = (int)Math.Ceiling(options.StatementTimeout.TotalSeconds) + 1;
        text.CancellationTimeout = CancellationTimeoutMs;
        text.TcpKeepAlive = true;
        text.TcpKeepAliveTime = KeepaliveSeconds;
        text.TcpKeepAliveInterval = KeepaliveSeconds;
        text.KeepAlive = KeepaliveSeconds;
        text.MaxAutoPrepare = options.PreparedStatementsMax;
        text.AutoPrepareMinUsages = 2;
        text.IncludeErrorDetail = true;
        text.Options = $"-c statement_timeout={(long)options.StatementTimeout.TotalMilliseconds} {text.Options}".TrimEnd();
        text.ApplicationName ??= "osmo";
        text.TargetSessionAttributes = HasSeveralHosts(text) ? text.TargetSessionAttributes ?? ReadWrite : null;
        text.HostRecheckSeconds = HostRecheckSeconds;
        return text;
    }

    private static bool HasSeveralHosts(NpgsqlConnectionStringBuilder text) => text.Host!.Contains(',', StringComparison.Ordinal);
}
