namespace Osmo.Gateway.Fleet;

/// <summary>
/// Asks many backends the same. Many at a time, because in a cluster each question is a message to another process; and bounded, because
/// one request must not fill the way.
/// </summary>
internal static class Questions
{
    /// <summary>How many short questions are under way at a time.</summary>
    public const int AtOnceMax = 128;

    /// <summary>The answers, in the order of whom was asked, without those that are null.</summary>
    /// <param name="whom">Whom to ask.</param>
    /// <param name="ask">Asks one.</param>
    /// <param name="atOnce">How many questions are under way at a time: fewer where answers are large.</param>
    public static async Task<List<TAnswer>> AskAsync<T, TAnswer>(
        IEnumerable<T> whom, Func<T, Task<TAnswer?>> ask, int atOnce = AtOnceMax)
        where TAnswer : class
    {
        var all = new List<TAnswer>();
        foreach (var some in whom.Chunk(atOnce))
        {
            all.AddRange((await Task.WhenAll(some.Select(ask))).OfType<TAnswer>());
        }

        return all;
    }
}
