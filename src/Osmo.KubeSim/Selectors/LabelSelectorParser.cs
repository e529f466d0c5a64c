using System.Collections.Frozen;

namespace Osmo.KubeSim.Selectors;

/// <summary>Reads <c>a=b,c!=d,e in (f,g),h notin (i),j,!k,l&gt;1,m&lt;2</c>.</summary>
internal sealed class LabelSelectorParser
{
    private const string Special = "=!(),<>";

    private readonly string _text;
    private int _at;

    private LabelSelectorParser(string text) => _text = text;

    /// <summary>Throws <see cref="FormatException"/> with a message that says what was expected.</summary>
    public static LabelSelector Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return LabelSelector.Everything;
        }

        var parser = new LabelSelectorParser(text);
        var requirements = new List<LabelRequirement> { parser.Requirement() };
        while (parser.TryTake(","))
        {
            requirements.Add(parser.Requirement());
        }

        parser.SkipSpace();
        return parser._at == text.Length
            ? new LabelSelector(requirements)
            : throw parser.Expected("',' or end of string");
    }

    private LabelRequirement Requirement()
    {
        if (TryTake("!"))
        {
            return New(Key(), LabelOperator.DoesNotExist);
        }

        var key = Key();
        if (TryTake("==") || TryTake("="))
        {
            return New(key, LabelOperator.In, Word());
        }

        if (TryTake("!="))
        {
            return New(key, LabelOperator.NotIn, Word());
        }

        if (TryTake(">"))
        {
            return New(key, LabelOperator.GreaterThan, Integer());
        }

        if (TryTake("<"))
        {
            return New(key, LabelOperator.LessThan, Integer());
        }

        var mark = _at;
        switch (Word())
        {
            case "":
                return New(key, LabelOperator.Exists);
            case "in":
                return New(key, LabelOperator.In, Values());
            case "notin":
                return New(key, LabelOperator.NotIn, Values());
            default:
                _at = mark;
                throw Expected("in, notin, =, ==, !=, gt, lt");
        }
    }

    private static LabelRequirement New(string key, LabelOperator op, params string[] values) =>
        new(key, op, values.ToFrozenSet(StringComparer.Ordinal));

    private string Key()
    {
        var key = Word();
        return key.Length > 0 ? key : throw Expected("identifier");
    }

    private string Integer()
    {
        var word = Word();
        return long.TryParse(word, out _) ? word : throw new FormatException(
            $"values[0]: Invalid value: \"{word}\": for 'Gt', 'Lt' operators, the value must be an integer");
    }

    private string[] Values()
    {
        if (!TryTake("("))
        {
            throw Expected("'('");
        }

        var values = new List<string> { Word() };
        while (TryTake(","))
        {
            values.Add(Word());
        }

        return TryTake(")") ? [.. values] : throw Expected("',' or ')'");
    }

    private string Word()
    {
        SkipSpace();
        var start = _at;
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]) && !Special.Contains(_text[_at], StringComparison.Ordinal))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private bool TryTake(string token)
    {
        SkipSpace();
        if (string.CompareOrdinal(_text, _at, token, 0, token.Length) != 0)
        {
            return false;
        }

        _at += token.Length;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private FormatException Expected(string what) =>
        new($"unable to parse requirement: found '{(_at < _text.Length ? _text[_at..] : "")}', expected: {what}");
}
