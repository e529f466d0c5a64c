using System.Text.Json;
using Microsoft.Data.Sqlite;
using Osmo.Domain.Errors;

namespace Osmo.Storage.Sqlite;

/// <summary>The SQLite file of an embedded Osmo: opens connections and says in plain words what is wrong with it.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int BusyTimeoutMs = 5_000;

    private readonly FileStream _lock;
    private readonly string _path;

    private SqliteDatabase(string path, FileStream @lock)
    {
        _path = path;
        _lock = @lock;
    }

    /// <summary>Opens the database in a folder, which is made where it does not exist, and brings its schema up to date.</summary>
    /// <exception cref="OsmoException">The folder or the database cannot be used; the message says what to do.</exception>
    public static SqliteDatabase Open(string folder)
    {
        var path = Path.Combine(folder, "osmo.db");
        var database = new SqliteDatabase(path, LockFolder(folder));
        try
        {
            PrivateFile.Secure(path);
            using var connection = database.Connect();
            SqliteMigrations.Apply(connection, path);
            return database;
        }
        catch (SqliteException failure)
        {
            database.Dispose();
            throw database.Explain(failure);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A connection that reads and writes.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Mode = SqliteOpenMode.ReadWriteCreate,
        }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();

            // FULL syncs the log at every commit: what was acknowledged is there after a power cut.
            command.CommandText = $"""
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA busy_timeout = {BusyTimeoutMs};
                PRAGMA foreign_keys = ON;
                """;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>What a failure of SQLite means and what to do about it.</summary>
    public OsmoException Explain(SqliteException failure)
    {
        const int ReadOnly = 8, IoError = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;
        var advice = failure.SqliteErrorCode switch
        {
            ReadOnly => "it is read-only. Make the file and its folder writable for this user, or choose another data folder",
            IoError => "the disk reports an error. Look at the system's log before you go on",
            Corrupt => "it is damaged. Restore it from a backup, or move it away: "
                + "agents report their nodes anew, but configurations are lost",
            Full => "the disk is full. Free some space; nothing that was acknowledged is lost",
            CannotOpen => "it cannot be opened. Check that the folder exists and that this user may write to it",
            NotADatabase => "it is no SQLite database. Move it away or choose another data folder",
            _ => $"SQLite says: {failure.Message}",
        };
        return new OsmoException(ErrorCode.Unavailable, $"The database {_path} cannot be used: {advice}.");
    }

    /// <summary>What was stored does not read back: it was validated when it was written, so the database is damaged.</summary>
    public OsmoException Damaged(Exception failure) => new(
        ErrorCode.Unavailable, $"The database {_path} holds what Osmo never wrote ({failure.Message}) Restore it from a backup.");

    /// <summary>Uses a connection on another thread, for SQLite blocks the one it is called on.</summary>
    /// <exception cref="OsmoException">The database cannot be used; the message says what to do.</exception>
    public Task<T> UseAsync<T>(Func<SqliteConnection, T> use, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                using var connection = Connect();
                return use(connection);
            }
            catch (SqliteException failure)
            {
                throw Explain(failure);
            }
            catch (Exception failure) when (failure is InvalidDataException or JsonException or ArgumentException)
            {
                throw Damaged(failure);
            }
        },
        cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _lock.Dispose();
    }

    /// <summary>Two processes on one database would each believe that they own every backend.</summary>
    private static FileStream LockFolder(string folder)
    {
        try
        {
            PrivateFile.CreateFolder(folder);
            return PrivateFile.Open(Path.Combine(folder, "osmo.lock"));
        }
        catch (UnauthorizedAccessException)
        {
            throw new OsmoException(
                ErrorCode.Unavailable,
                $"The data folder {folder} is not writable for this user. Make it writable, or choose another one with --data.");
        }
        catch (IOException failure)
        {
            throw new OsmoException(
                ErrorCode.Unavailable,
                $"The data folder {folder} cannot be used: {failure.Message} If another Osmo runs on it, stop that one first, "
                    + "or choose another folder with --data.");
        }
    }
}
