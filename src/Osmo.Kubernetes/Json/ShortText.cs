namespace Osmo.Kubernetes;

/// <summary>Cuts texts that others wrote and that may be of any length.</summary>
public static class ShortText
{
    /// <summary>The text, or its beginning and an ellipsis where it is longer than that. A pair of surrogates stays together.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="charsMax">Most characters of the result, at least 2.</param>
    public static string Of(string text, int charsMax)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= charsMax)
        {
            return text;
        }

        int end = charsMax - 1;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), "…");
    }
}
