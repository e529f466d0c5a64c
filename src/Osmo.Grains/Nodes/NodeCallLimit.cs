namespace Osmo.Grains.Nodes;

/// <summary>
/// How many calls of nodes' grains may be under way in a silo, for all of its backends together. What agents bring beyond that waits with
/// its backend, in the order in which it came: calls that wait for the store one behind the other would time out.
/// </summary>
public sealed class NodeCallLimit : IDisposable
{
    /// <summary>As many as the store takes in at a time.</summary>
    public const int CallsMax = 8_192;

    private readonly SemaphoreSlim _room = new(CallsMax);

    /// <summary>Makes a call when there is room for it.</summary>
    public async Task<TAnswer> CallAsync<TAnswer>(Func<ValueTask<TAnswer>> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        await _room.WaitAsync();
        try
        {
            return await call();
        }
        finally
        {
            _room.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();
}
