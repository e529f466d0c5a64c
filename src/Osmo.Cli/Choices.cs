using System.CommandLine;
using System.CommandLine.Parsing;

namespace Osmo.Cli;

/// <summary>Options and arguments that take one of a few words; another one is refused with the nearest of them.</summary>
internal static class Choices
{
    /// <summary>Takes only some words.</summary>
    /// <param name="option">The option.</param>
    /// <param name="words">The words: they are offered and completed.</param>
    /// <param name="others">Other names for some of them, which are taken too.</param>
    public static void Only<T>(this Option<T> option, string[] words, params string[] others)
    {
        option.CompletionSources.Add(words);
        option.Validators.Add(result => Check(result, option.Name, words, others));
    }

    /// <summary>Takes only some words.</summary>
    public static void Only<T>(this Argument<T> argument, params string[] words)
    {
        argument.CompletionSources.Add(words);
        argument.Validators.Add(result => Check(result, argument.Name, words, []));
    }

    /// <summary>One of some words, as a sentence has it: <c>a, b or c</c>.</summary>
    public static string Listed(IReadOnlyList<string> words) =>
        words.Count == 1 ? words[0] : $"{string.Join(", ", words.SkipLast(1))} or {words[^1]}";

    private static void Check(SymbolResult result, string name, string[] words, string[] others)
    {
        foreach (var word in result.Tokens.Select(token => token.Value).Except(words).Except(others))
        {
            result.AddError($"{name} cannot be \"{word}\"{Suggestion.For(word, words)} Use {Listed(words)}.");
        }
    }
}
