using System.CommandLine;
using System.CommandLine.Completions;

namespace Osmo.Cli.Completion;

/// <summary>
/// Completes the names of backends. Completions are computed at once and a gateway takes its time: a first round notes that the names are
/// wanted, and after they were read a second one offers them.
/// </summary>
internal sealed class BackendNames
{
    private IReadOnlyList<string> _names = [];

    /// <summary>Whether names were asked for.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>Offers them for an argument or an option.</summary>
    /// <param name="sources">What is offered for it.</param>
    /// <param name="isBackend">Whether it is a backend that is named there; null for always.</param>
    public void Offer(List<Func<CompletionContext, IEnumerable<CompletionItem>>> sources, Func<ParseResult, bool>? isBackend = null) =>
        sources.Add(context =>
        {
            if (isBackend?.Invoke(context.ParseResult) == false)
            {
                return [];
            }

            IsWanted = true;
            return _names.Select(name => new CompletionItem(name));
        });

    /// <summary>Says which names there are.</summary>
    public void Fill(IReadOnlyList<string> names) => _names = names;
}
