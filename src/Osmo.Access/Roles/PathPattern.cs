namespace Osmo.Access.Roles;

/// <summary>
/// A pattern of a shell for whole paths: <c>*</c> is any characters, slashes too, <c>?</c> is any one, <c>[ab]</c>, <c>[a-z]</c> and
/// <c>[!a]</c> are one of a set. Case counts.
/// </summary>
public sealed class PathPattern
{
    private readonly string _text;
    private readonly bool _isLiteral;

    /// <summary>Creates a pattern; every text is one.</summary>
    public PathPattern(string text)
    {
        _text = text;
        _isLiteral = text.AsSpan().IndexOfAny("*?[") < 0;
    }

    /// <summary>Whether the whole path matches.</summary>
    public bool Matches(ReadOnlySpan<char> path)
    {
        if (_isLiteral)
        {
            return path.SequenceEqual(_text);
        }

        // What follows the last star is tried ever further on; no star before it needs another try, because it can only leave less.
        var (at, position, star, afterStar) = (0, 0, -1, 0);
        while (position < path.Length)
        {
            if (at < _text.Length && _text[at] == '*')
            {
                (star, afterStar) = (at++, position);
            }
            else if (at < _text.Length && MatchesOne(ref at, path[position]))
            {
                position++;
            }
            else if (star >= 0)
            {
                (at, position) = (star + 1, ++afterStar);
            }
            else
            {
                return false;
            }
        }

        return _text.AsSpan(at).IndexOfAnyExcept('*') < 0;
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    /// <summary>Whether the character matches the pattern's next element; where it does, <paramref name="at"/> goes behind that.</summary>
    private bool MatchesOne(ref int at, char c)
    {
        if (_text[at] == '[' && SetEnd(at) is > 0 and var end)
        {
            if (!SetHas(_text.AsSpan(at + 1, end - at - 1), c))
            {
                return false;
            }

            at = end + 1;
            return true;
        }

        if (_text[at] != '?' && _text[at] != c)
        {
            return false;
        }

        at++;
        return true;
    }

    /// <summary>Where the set that begins there ends; -1 where it does not, so that the bracket is one like any character.</summary>
    private int SetEnd(int start)
    {
        // The first character of a set belongs to it whatever it is.
        var first = start + 1 < _text.Length && _text[start + 1] == '!' ? start + 2 : start + 1;
        return first + 1 <= _text.Length ? _text.IndexOf(']', Math.Min(first + 1, _text.Length)) : -1;
    }

    private static bool SetHas(ReadOnlySpan<char> set, char c)
    {
        var negated = set[0] == '!';
        set = negated ? set[1..] : set;
        for (var i = 0; i < set.Length; i++)
        {
            var isRange = i + 2 < set.Length && set[i + 1] == '-';
            if (isRange ? set[i] <= c && c <= set[i + 2] : set[i] == c)
            {
                return !negated;
            }

            i += isRange ? 2 : 0;
        }

        return negated;
    }
}
