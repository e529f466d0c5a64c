using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Osmo.Domain.Backends;
using Osmo.Grains.Storage;
using static Osmo.Storage.Postgres.Parameters;

namespace Osmo.Storage.Postgres;

/// <summary>
/// Writes commits of different backends in one transaction and one round trip: a batch without BEGIN is a transaction of its own.
/// </summary>
/// <remarks>
/// The fence comes first, so that nothing is done for a writer that lost its backend. The history comes as late as it can: from taking
/// a revision to the end of the transaction no other silo's configuration can be committed.
/// </remarks>
internal static class PostgresCommitter
{
    /// <summary>Writes commits in one transaction, at most one of each backend, and tells each caller its revision.</summary>
    public static async Task CommitAsync(NpgsqlConnection connection, List<PendingCommit> pending)
    {
        var commits = pending.ConvertAll(item => item.Commit);
        await using var batch = new NpgsqlBatch(connection);
        AddFence(batch, pending);
        AddDeletions(batch, commits);
        AddMemories(batch, commits);
        AddHeartbeats(batch, commits);
        var hasHistory = AddHistory(batch, commits);
        AddRecords(batch, commits);

        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
        long? first = null;
        while (hasHistory && await reader.ReadAsync().ConfigureAwait(false))
        {
            first = Math.Min(first ?? long.MaxValue, reader.GetInt64(0));
        }

        // Up to here nothing is committed: the end of the answers is what says so.
        while (await reader.NextResultAsync().ConfigureAwait(false))
        {
        }

        var next = first ?? 0;
        pending.ForEach(item => item.SetResult(item.Commit.History is null ? null : next++));
    }

    private static void AddFence(NpgsqlBatch batch, List<PendingCommit> commits)
    {
        // By the bytes of the names, as every writer has to lock the rows.
        var claims = commits.OrderBy(pending => pending.Commit.Backend.Value, StringComparer.Ordinal).ToArray();
        batch.Add(
            CommitStatements.Fence,
            Of(Array.ConvertAll(claims, pending => pending.Commit.Backend.Value), Texts),
            Of(Array.ConvertAll(claims, pending => pending.Activation), Numbers));
    }

    private static void AddDeletions(NpgsqlBatch batch, List<BackendCommit> commits)
    {
        var gone = commits.Where(commit => commit.Deleted).Select(commit => commit.Backend.Value).ToArray();
        if (gone.Length > 0)
        {
            batch.Add(CommitStatements.DeleteNodesOfBackends, Of(gone, Texts));
            batch.Add(CommitStatements.DeleteFactsOfBackends, Of(gone, Texts));
            batch.Add(CommitStatements.DeleteMemoriesOfBackends, Of(gone, Texts));
            batch.Add(CommitStatements.DeleteBackends, Of(gone, Texts));
        }
    }

    private static void AddMemories(NpgsqlBatch batch, List<BackendCommit> commits)
    {
        var memories = commits.Where(commit => commit is { Deleted: false, MessageMemory: not null }).ToArray();
        if (memories.Length > 0)
        {
            batch.Add(
                CommitStatements.UpsertMemories,
                Of(Array.ConvertAll(memories, commit => commit.Backend.Value), Texts),
                Of(Array.ConvertAll(memories, commit => commit.MessageMemory!), NpgsqlDbType.Array | NpgsqlDbType.Bytea));
        }
    }

    private static void AddHeartbeats(NpgsqlBatch batch, List<BackendCommit> commits)
    {
        var beats = commits.Where(commit => commit is { Deleted: false, Creates: false, Heartbeat: not null }).ToArray();
        if (beats.Length > 0)
        {
            batch.Add(
                CommitStatements.Heartbeats,
                Of(Array.ConvertAll(beats, commit => commit.Backend.Value), Texts),
                Of(Array.ConvertAll(beats, commit => StoredTime.ToUtc(commit.Heartbeat!.Value)), Times));
        }
    }

    private static bool AddHistory(NpgsqlBatch batch, List<BackendCommit> commits)
    {
        var entries = commits.Where(commit => commit.History is not null)
            .Select(commit => (commit.Backend, Draft: commit.History!))
            .ToArray();
        if (entries.Length == 0)
        {
            return false;
        }

        batch.Add(
            CommitStatements.InsertHistory,
            Of((long)entries.Length, NpgsqlDbType.Bigint),
            Of(Array.ConvertAll(entries, entry => entry.Backend.Value), Texts),
            Of(Array.ConvertAll(entries, entry => entry.Draft.Username), Texts),
            Of(Array.ConvertAll(entries, entry => StoredTime.ToUtc(entry.Draft.CreatedAt)), Times),
            Of(Array.ConvertAll(entries, entry => entry.Draft.Description), Texts),
            Of(
                Array.ConvertAll(entries, entry => JsonSerializer.Serialize(entry.Draft.Tags.Items)),
                NpgsqlDbType.Array | NpgsqlDbType.Jsonb),
            Of(Array.ConvertAll(entries, entry => entry.Draft.DocumentJson), Texts),
            Of(Array.ConvertAll(entries, entry => entry.Draft.Request?.Key), Texts),
            Of(Array.ConvertAll(entries, entry => entry.Draft.Request?.Digest), Numbers));
        return true;
    }

    private static void AddRecords(NpgsqlBatch batch, List<BackendCommit> commits)
    {
        var back = (long)commits.Count(commit => commit.History is not null);
        var created = new List<(BackendCommit, long?)>();
        var changed = new List<(BackendCommit, long?)>();
        foreach (var commit in commits)
        {
            back -= commit.History is null ? 0 : 1;
            if (commit is { Deleted: false, Record: not null })
            {
                (commit.Creates ? created : changed).Add((commit, commit.History is null ? null : back));
            }
        }

        AddRecords(batch, CommitStatements.InsertBackends, created);
        AddRecords(batch, CommitStatements.UpdateBackends, changed);
    }

    private static void AddRecords(NpgsqlBatch batch, string sql, List<(BackendCommit Commit, long? Back)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var records = rows.Select(row => row.Commit.Record!).ToArray();
        var heard = rows.Select(row => row.Commit.Heartbeat ?? row.Commit.Record!.LastHeartbeat);
        batch.Add(
            sql,
            Of(Array.ConvertAll(records, record => record.Name.Value), Texts),
            Of(rows.ConvertAll(row => row.Commit.Activation), Numbers),
            Of(rows.ConvertAll(row => row.Back), Numbers),
            Of(Array.ConvertAll(records, record => record.Revision), Numbers),
            Of(Array.ConvertAll(records, BackendDocument.EditableJson), Texts),
            Of(Array.ConvertAll(records, record => record.Registration.ClusterUid), Texts),
            Of(Array.ConvertAll(records, record => record.Registration.Namespace), Texts),
            Of(Array.ConvertAll(records, record => record.Registration.AgentVersion), Texts),
            Of(Array.ConvertAll(records, record => StoredRecord.TextOf(record.Registration.Protocol)), Texts),
            Of(Array.ConvertAll(records, record => record.Registration.Prefix.Value), Texts),
            Of(Array.ConvertAll(records, record => record.Registration.AgentLabelUpdates), Flags),
            Of(Array.ConvertAll(records, record => StoredTime.ToUtc(record.CreatedAt)), Times),
            Of(heard.Select(time => time is { } at ? StoredTime.ToUtc(at) : (DateTime?)null).ToArray(), Times));
    }
}
