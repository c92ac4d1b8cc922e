// The look of the page. Colours are told apart by people who see red and green alike (after Okabe and Ito, darkened
// until lines have 3:1 and text 4.5:1 to what is behind them), and each line has a stroke of its own besides.

enum ReportStyle {
  static let text: StaticString = """
    :root{--page:#f4f5f7;--panel:#fff;--text:#1a2028;--muted:#535e6b;--edge:#dde2e8;--grid:#e8ebef;--gap:#e3e7ec;\
    --link:#0a5aa8;--c0:#0b67b2;--c1:#c24e00;--c2:#00755a;--c3:#8a4a9e;--c4:#8f6500;--c5:#0a7a86;--c6:#b02f6e;--c7:#566270;\
    --good:#17713a;--notice:#0a5aa8;--warning:#8a5600;--critical:#b3261e;--tint-good:#eef7f1;--tint-notice:#eef4fb;\
    --tint-warning:#fdf6e9;--tint-critical:#fcefee}
    @media(prefers-color-scheme:dark){:root{--page:#11151a;--panel:#191f26;--text:#e7ebf0;--muted:#a5b0bd;--edge:#2d3640;\
    --grid:#262f38;--gap:#2a333d;--link:#7db8f0;--c0:#5fabea;--c1:#f0905c;--c2:#43c39d;--c3:#c898dc;--c4:#dcae42;--c5:#58c3cf;\
    --c6:#ef8bb8;--c7:#a8b3be;--good:#62c98a;--notice:#7db8f0;--warning:#e5b04d;--critical:#f3918a;--tint-good:#16241d;\
    --tint-notice:#162230;--tint-warning:#282115;--tint-critical:#2c1a1a}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
    body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
    "Noto Sans","Liberation Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
    header,main,footer{max-width:1240px;margin:0 auto;padding:0 24px}
    header{padding-top:32px;padding-bottom:4px}
    .brand{margin:0;color:var(--muted);font-size:13px;font-weight:600;letter-spacing:.06em;text-transform:uppercase}
    h1{margin:2px 0 0;font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.01em}
    .meta{margin:6px 0 0;color:var(--muted)}
    h2{margin:40px 0 12px;font-size:20px;line-height:1.3;font-weight:650}
    h3{margin:0;font-size:15px;line-height:1.4;font-weight:600}
    p{margin:0 0 10px}
    a{color:var(--link);text-underline-offset:2px}
    :focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
    .health{margin-top:20px;padding:18px 22px 8px;background:var(--panel);border:1px solid var(--edge);\
    border-left:6px solid var(--tone);border-radius:8px}
    .good{--tone:var(--good);--tint:var(--tint-good)}.notice{--tone:var(--notice);--tint:var(--tint-notice)}
    .warning{--tone:var(--warning);--tint:var(--tint-warning)}.critical{--tone:var(--critical);--tint:var(--tint-critical)}
    .health h2{margin:0 0 10px;display:flex;align-items:center;gap:10px}
    .icon{width:22px;height:22px;flex:none}
    .icon circle,.icon .shape{fill:var(--tone);stroke:none}
    .icon path{fill:none;stroke:var(--panel);stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
    .icon .shape{fill:var(--tone);stroke:none}
    .findings{list-style:none;margin:0;padding:0}
    .findings li{display:grid;grid-template-columns:104px 1fr;gap:4px 16px;padding:12px 0;border-top:1px solid var(--edge)}
    .findings p{margin:0}
    .badge{display:flex;align-items:center;gap:7px;align-self:start;color:var(--tone);font-weight:600;font-size:14px}
    .badge .icon{width:15px;height:15px}
    .remedy{color:var(--muted)}.remedy b{color:var(--text);font-weight:600}
    .problem{color:var(--critical)}
    .entries{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,230px),1fr));gap:14px 28px;margin:0;\
    padding:16px 20px;background:var(--panel);border:1px solid var(--edge);border-radius:8px}
    dt{color:var(--muted);font-size:13px}dd{margin:0;font-weight:500}
    nav ul{display:flex;flex-wrap:wrap;gap:6px 18px;list-style:none;margin:22px 0 0;padding:0}
    .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,520px),1fr));gap:20px}
    .chart:last-child:nth-child(odd){grid-column:1/-1}
    .chart{min-width:0;padding:16px 18px 12px;background:var(--panel);border:1px solid var(--edge);border-radius:8px}
    .head{display:flex;justify-content:space-between;align-items:baseline;gap:12px;margin-bottom:6px}
    .unit{color:var(--muted);font-size:13px;white-space:nowrap}
    .remark{margin:0 0 6px;font-size:13.5px}.chart .remark{padding-left:10px;border-left:3px solid var(--edge)}
    .plot{display:grid;grid-template-columns:44px 1fr;margin-top:18px}
    .values,.times{position:relative;color:var(--muted);font-size:12px;line-height:14px}
    .values span{position:absolute;right:8px;transform:translateY(50%);white-space:nowrap}
    .times{grid-column:2;height:18px}
    .times span{position:absolute;top:5px;transform:translateX(-50%);white-space:nowrap}
    .area{position:relative;height:172px}
    .area>svg{display:block;width:100%;height:100%;overflow:visible}
    .area path{vector-effect:non-scaling-stroke}
    .grid{stroke:var(--grid);fill:none}.base{stroke:var(--muted);fill:none}
    .gap{fill:var(--gap)}
    .event{stroke:var(--muted);fill:none;stroke-dasharray:2 3;opacity:.7}
    .limit,.level-line{stroke:var(--critical);fill:none;stroke-width:1.2;stroke-dasharray:7 4}.level-line{stroke:var(--muted)}
    .line{fill:none;stroke-width:1.7;stroke-linejoin:round}
    .peak{fill:none;stroke:var(--c0);stroke-width:1;opacity:.55}
    .band{stroke:none;opacity:.2}
    .part{stroke:var(--panel);stroke-width:.8;fill-opacity:.8}
    .bar{fill:var(--c0)}
    .s0{stroke:var(--c0)}.s1{stroke:var(--c1);stroke-dasharray:7 3}.s2{stroke:var(--c2);stroke-dasharray:2 2}\
    .s3{stroke:var(--c3);stroke-dasharray:9 3 2 3}.s4{stroke:var(--c4);stroke-dasharray:5 2 1 2 1 2}\
    .s5{stroke:var(--c5);stroke-dasharray:12 3}.s6{stroke:var(--c6);stroke-dasharray:4 4}.s7{stroke:var(--c7);stroke-dasharray:1 3}
    .b0{fill:var(--c0)}.b1{fill:var(--c1)}.b2{fill:var(--c2)}.b3{fill:var(--c3)}.b4{fill:var(--c4)}.b5{fill:var(--c5)}\
    .b6{fill:var(--c6)}.b7{fill:var(--c7)}
    .f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}.f4{fill:var(--c4)}.f5{fill:var(--c5)}\
    .f6{fill:var(--c6)}.f7{fill:var(--c7);fill-opacity:.38}
    .mark{position:absolute;top:-16px;transform:translateX(-50%);color:var(--muted);font-size:11px;line-height:14px;font-weight:600}
    .level{position:absolute;right:0;margin:2px 0;padding:0 4px;border-radius:3px;background:var(--panel);color:var(--muted);\
    font-size:12px;line-height:15px}.level.bad{color:var(--critical)}
    .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    .legend{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:10px 0 6px;padding:0;font-size:13px;line-height:1.5}
    .legend li{display:flex;align-items:center;gap:7px;min-width:0}
    .legend b{color:var(--muted);font-weight:500}
    .key{width:28px;height:10px;flex:none}.more{color:var(--muted)}
    details{margin-top:4px}
    summary{width:fit-content;color:var(--link);font-size:13px;cursor:pointer}
    .scroll{overflow-x:auto;max-width:100%}
    table{border-collapse:collapse;width:100%;font-size:13px;margin-top:6px}
    th,td{padding:5px 14px 5px 0;border-bottom:1px solid var(--edge);text-align:left;vertical-align:top;overflow-wrap:normal}
    th{font-weight:600}thead th{color:var(--muted);font-weight:500}
    .number{text-align:right;white-space:nowrap}
    #agreement table,#events table{font-size:14px}
    .marks span{white-space:nowrap;margin-right:14px}
    i.gap{display:inline-block;width:14px;height:11px;background:var(--gap);border:1px solid var(--edge)}
    footer{margin-top:36px;padding-top:14px;padding-bottom:36px;color:var(--muted);font-size:13px}
    @media(max-width:640px){header,main,footer{padding-left:16px;padding-right:16px}h1{font-size:25px}\
    .findings li{grid-template-columns:1fr}.health{padding:14px 16px 4px}.chart{padding:14px 12px 10px}\
    .entries{display:block;padding:10px 16px}.entries>div{display:grid;grid-template-columns:116px 1fr;gap:10px;padding:4px 0}\
    .area{height:150px}.times span:nth-child(even){visibility:hidden}.plot{grid-template-columns:38px 1fr}}
    @media print{:root{--page:#fff}body{font-size:10pt}nav,summary{display:none}header,main,footer{max-width:none;padding:0}\
    *{print-color-adjust:exact;-webkit-print-color-adjust:exact}.chart,.health li,tr{break-inside:avoid}h2,h3{break-after:avoid}\
    .charts{display:block}.chart{margin-bottom:12px}.area{height:110px}.scroll{overflow:visible}\
    details::details-content{content-visibility:visible;block-size:auto;display:block}details>*{display:revert}\
    summary{display:none}table{font-size:8pt}th,td{padding:2px 6px 2px 0}}
    """
}
