using Npgsql;
using NpgsqlTypes;

namespace Osmo.Storage.Postgres;

/// <summary>Parameters of statements that write many rows at once: an array for each column.</summary>
internal static class Parameters
{
    public const NpgsqlDbType Texts = NpgsqlDbType.Array | NpgsqlDbType.Text;
    public const NpgsqlDbType Numbers = NpgsqlDbType.Array | NpgsqlDbType.Bigint;
    public const NpgsqlDbType Flags = NpgsqlDbType.Array | NpgsqlDbType.Boolean;
    public const NpgsqlDbType Times = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz;

    public static NpgsqlParameter Of<T>(T value, NpgsqlDbType type) => new NpgsqlParameter<T> { TypedValue = value, NpgsqlDbType = type };

    public static void Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value);
        }

        batch.BatchCommands.Add(command);
    }
}
