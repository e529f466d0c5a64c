using Npgsql;

namespace Osmo.Storage.Postgres;

/// <summary>
/// Writes changes of nodes in one transaction and one round trip, each row with the version that it has to have. Used by one writer.
/// </summary>
internal sealed class PostgresNodeWriter : IDisposable
{
    private readonly NodeJson _json = new();
    private readonly NodeColumns _updated = new();
    private readonly NodeColumns _inserted = new();
    private readonly List<PendingNode> _updates = [];
    private readonly List<PendingNode> _inserts = [];
    private readonly List<PendingNode> _deletes = [];
    private readonly List<PendingNode> _facts = [];
    private readonly SortedSet<(string Backend, long Activation)> _claims = new(new ByName());

    /// <summary>Writes changes in one transaction, at most one of a node, and tells each caller what became of its own.</summary>
    public async Task WriteAsync(NpgsqlConnection connection, List<PendingNode> nodes)
    {
        Sort(nodes);
        await using var batch = new NpgsqlBatch(connection);
        AddFence(batch);
        if (_updates.Count > 0)
        {
            _updated.Fill(_updates, _json);
            _updated.AddTo(batch, NodeStatements.Update);
        }

        if (_inserts.Count > 0)
        {
            _inserted.Fill(_inserts, _json);
            _inserted.AddTo(batch, NodeStatements.Insert);
        }

        AddDeletes(batch);
        AddFacts(batch);

        // Nothing is committed before the end of the answers.
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
        var updated = await ReadWrittenAsync(reader, _updates).ConfigureAwait(false);
        var inserted = await ReadWrittenAsync(reader, _inserts).ConfigureAwait(false);
        var deleted = await ReadWrittenAsync(reader, _deletes).ConfigureAwait(false);
        while (await reader.NextResultAsync().ConfigureAwait(false))
        {
        }

        Complete(_updates, updated);
        Complete(_inserts, inserted);
        Complete(_deletes, deleted);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    /// <returns>The rows that were written, as <c>backend/node</c>; null if those are all.</returns>
    private static async Task<HashSet<string>?> ReadWrittenAsync(NpgsqlDataReader reader, List<PendingNode> nodes)
    {
        if (nodes.Count == 0)
        {
            return null;
        }

        await reader.ReadAsync().ConfigureAwait(false);
        var isAll = reader.GetInt64(0) == nodes.Count;
        var written = isAll || reader.IsDBNull(1) ? [] : reader.GetFieldValue<string[]>(1);
        await reader.NextResultAsync().ConfigureAwait(false);
        return isAll ? null : [.. written];
    }

    private static void Complete(List<PendingNode> nodes, HashSet<string>? written)
    {
        foreach (var pending in nodes)
        {
            if (written is null || written.Contains($"{pending.Write.Backend.Value}/{pending.Write.Node}"))
            {
                pending.TrySetResult();
            }
            else
            {
                pending.Fail(Refusal.OfVersion(pending.Write));
            }
        }
    }

    private void Sort(List<PendingNode> nodes)
    {
        _updates.Clear();
        _inserts.Clear();
        _deletes.Clear();
        _facts.Clear();
        _claims.Clear();
        foreach (var pending in nodes)
        {
            var write = pending.Write;
            _claims.Add((write.Backend.Value, write.Activation));
            (write.Next is null ? _deletes : write.Expected == 0 ? _inserts : _updates).Add(pending);
            if (pending.HasFacts)
            {
                _facts.Add(pending);
            }
        }
    }

    private void AddFence(NpgsqlBatch batch) => batch.Add(
        NodeStatements.Fence,
        Parameters.Of(_claims.Select(claim => claim.Backend).ToArray(), Parameters.Texts),
        Parameters.Of(_claims.Select(claim => claim.Activation).ToArray(), Parameters.Numbers));

    private void AddDeletes(NpgsqlBatch batch)
    {
        if (_deletes.Count > 0)
        {
            batch.Add(
                NodeStatements.Delete,
                Parameters.Of(_deletes.ConvertAll(pending => pending.Write.Backend.Value), Parameters.Texts),
                Parameters.Of(_deletes.ConvertAll(pending => pending.Write.Node), Parameters.Texts),
                Parameters.Of(_deletes.ConvertAll(pending => pending.Write.Expected), Parameters.Numbers));
        }
    }

    private void AddFacts(NpgsqlBatch batch)
    {
        if (_facts.Count > 0)
        {
            batch.Add(
                NodeStatements.Facts,
                Parameters.Of(_facts.ConvertAll(pending => pending.Write.Backend.Value), Parameters.Texts),
                Parameters.Of(_facts.ConvertAll(pending => pending.Write.Node), Parameters.Texts),
                Parameters.Of(_facts.ConvertAll(pending => pending.Write.Next!.Version), Parameters.Numbers),
                Parameters.Of(_facts.ConvertAll(pending => _json.Facts(pending.Write.Next!.Facts)), Parameters.Texts));
        }
    }

    /// <summary>By the bytes of the names, as every writer has to lock the rows.</summary>
    private sealed class ByName : IComparer<(string Backend, long Activation)>
    {
        public int Compare((string Backend, long Activation) x, (string Backend, long Activation) y) =>
            string.CompareOrdinal(x.Backend, y.Backend) is not 0 and var order ? order : x.Activation.CompareTo(y.Activation);
    }
}
