using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Osmo.Storage.Sqlite;

/// <summary>
/// A prepared statement bound by position, straight on SQLite's own interface. The writer runs tens of thousands of them a second;
/// ADO.NET's parameters cost more than the row. Parameters are written <c>?1</c>, <c>?2</c>...: SQLite takes any other kind for a
/// name and numbers it by where it first stands. Used by one thread.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int StackBytesMax = 512;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _next = 1;

    /// <exception cref="SqliteException">The statement does not parse.</exception>
    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    /// <summary>Binds the next parameter.</summary>
    public SqliteStatement With(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, _next++, value));
        return this;
    }

    /// <summary>Binds the next parameter; null binds NULL.</summary>
    public SqliteStatement With(long? value) => value is { } number ? With(number) : WithNull();

    /// <summary>Binds the next parameter to 1 or 0.</summary>
    public SqliteStatement With(bool value) => With(value ? 1L : 0L);

    /// <summary>Binds the next parameter; null binds NULL.</summary>
    public SqliteStatement With(string? value)
    {
        if (value is null)
        {
            return WithNull();
        }

        var size = Encoding.UTF8.GetMaxByteCount(value.Length);
        var buffer = size <= StackBytesMax ? stackalloc byte[size] : new byte[size];
        return With(buffer[..Encoding.UTF8.GetBytes(value, buffer)]);
    }

    /// <summary>Binds the next parameter to a text in UTF-8.</summary>
    public SqliteStatement With(ReadOnlySpan<byte> utf8)
    {
        Check(raw.sqlite3_bind_text(_statement, _next++, utf8));
        return this;
    }

    /// <summary>Binds the next parameter to bytes that are no text.</summary>
    public SqliteStatement WithBlob(ReadOnlySpan<byte> bytes)
    {
        Check(raw.sqlite3_bind_blob(_statement, _next++, bytes));
        return this;
    }

    /// <summary>Runs the statement.</summary>
    /// <exception cref="SqliteException">It failed.</exception>
    public void Execute() => Finish(raw.sqlite3_step(_statement));

    /// <summary>Runs a statement that changes rows.</summary>
    /// <returns>How many it changed.</returns>
    /// <exception cref="SqliteException">It failed.</exception>
    public int ExecuteChange()
    {
        Execute();
        return raw.sqlite3_changes(_database);
    }

    /// <summary>Runs a statement that answers one row with one number.</summary>
    /// <exception cref="SqliteException">It failed.</exception>
    public long ExecuteNumber()
    {
        var result = raw.sqlite3_step(_statement);
        var number = result == raw.SQLITE_ROW ? raw.sqlite3_column_int64(_statement, 0) : 0;
        if (result == raw.SQLITE_ROW)
        {
            // The row comes before the statement has done its work.
            result = raw.sqlite3_step(_statement);
        }

        Finish(result);
        return number;
    }

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private SqliteStatement WithNull()
    {
        Check(raw.sqlite3_bind_null(_statement, _next++));
        return this;
    }

    private void Finish(int result)
    {
        _next = 1;
        if (result != raw.SQLITE_DONE)
        {
            var failure = new SqliteException(
                raw.sqlite3_errmsg(_database).utf8_to_string(), result & 0xff, raw.sqlite3_extended_errcode(_database));
            raw.sqlite3_reset(_statement);
            throw failure;
        }

        raw.sqlite3_reset(_statement);
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
