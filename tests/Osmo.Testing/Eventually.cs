namespace Osmo.Testing;

/// <summary>Waits for the world to come to a state, with a generous deadline.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns when the condition holds.</summary>
    /// <param name="condition">Looked at again and again.</param>
    /// <param name="what">What is waited for, for the failure's text.</param>
    /// <param name="found">Tells the state found instead.</param>
    /// <exception cref="TimeoutException">It did not come to hold in time.</exception>
    public static async Task HoldsAsync(Func<bool> condition, string what, Func<object?>? found = null)
    {
        using CancellationTokenSource limit = new(Deadline);
        using PeriodicTimer timer = new(Interval);
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"waited {Deadline.TotalSeconds} s in vain until {what}; found {found?.Invoke() ?? "nothing"}");
            }
        }
    }

    /// <summary>Returns when there is no difference any more.</summary>
    /// <param name="difference">Tells what is not yet as it should be; null where all is. A failed request counts as a difference.</param>
    /// <param name="what">What is waited for, for the failure's text.</param>
    /// <exception cref="TimeoutException">It did not come to hold in time.</exception>
    public static async Task AgreesAsync(Func<Task<string?>> difference, string what)
    {
        using CancellationTokenSource limit = new(Deadline);
        using PeriodicTimer timer = new(Interval);
        while (await TellAsync(difference).ConfigureAwait(false) is { } found)
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"waited {Deadline.TotalSeconds} s in vain until {what}; found: {found}");
            }
        }
    }

    private static async Task<string?> TellAsync(Func<Task<string?>> difference)
    {
        try
        {
            return await difference().ConfigureAwait(false);
        }
        catch (HttpRequestException failure)
        {
            return failure.Message;
        }
    }
}
