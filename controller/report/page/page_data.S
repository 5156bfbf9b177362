/* The page of reports, byte for byte. The assembler reads it in no time, where a compiler
   takes seconds and hundreds of megabytes for an array of this size. */
        .section .rodata
        .global kEdgebenchReportPageBegin
        .hidden kEdgebenchReportPageBegin
kEdgebenchReportPageBegin:
        .incbin EDGEBENCH_REPORT_PAGE
        .global kEdgebenchReportPageEnd
        .hidden kEdgebenchReportPageEnd
kEdgebenchReportPageEnd:
        .byte 0

        .section .note.GNU-stack, "", %progbits
